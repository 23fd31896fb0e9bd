/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit.h - cmocka with the headers it wants before it.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif /* TESTS_UNIT_H */
