/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_yaml.h - take a YAML document apart strictly: each mapping has a table of its keys, and
 * what is not in it is an error with its place.
 */
#ifndef COMMON_WEB_YAML_H
#define COMMON_WEB_YAML_H

#include <yaml.h>

#include <promc/promc.h>

struct yaml_reader {
    const char *file; /* for messages */
    yaml_document_t *doc;
    promc_error *err;
};

/* One key. read() gets the value and what target of yaml_read_map() is, at offset. */
struct yaml_key {
    const char *name;
    int (*read)(struct yaml_reader *r, const yaml_node_t *value, void *target);
    size_t offset;
};

/* All return 0, or a negative errno value with *r->err filled. No value at all (null) leaves
 * the target as it is. */
int yaml_read_map(struct yaml_reader *r, const yaml_node_t *node,
                  const struct yaml_key *keys, size_t n_keys, void *target);
int yaml_read_string(struct yaml_reader *r, const yaml_node_t *value, void *target);
int yaml_read_bool(struct yaml_reader *r, const yaml_node_t *value, void *target);
int yaml_read_strings(struct yaml_reader *r, const yaml_node_t *value, void *target);
/* A count, to a long. */
int yaml_read_count(struct yaml_reader *r, const yaml_node_t *value, void *target);
/* 500ms, 1m30s; or whole nanoseconds. To a double of seconds. */
int yaml_read_duration(struct yaml_reader *r, const yaml_node_t *value, void *target);

/* The text of a scalar, or NULL with *r->err filled; what: as people call it. */
const char *yaml_text(struct yaml_reader *r, const yaml_node_t *value, const char *what);
int yaml_is_null(const yaml_node_t *node);

/* Fill *r->err with the place of node and the text. Returns -EINVAL. */
int yaml_fail(struct yaml_reader *r, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int yaml_no_memory(struct yaml_reader *r);

/* Parse text and have read() look at the root. Fills *err. */
int yaml_read_text(const char *file, const char *text, size_t len,
                   int (*read)(struct yaml_reader *r, const yaml_node_t *root, void *arg),
                   void *arg, promc_error *err);

#endif /* COMMON_WEB_YAML_H */
