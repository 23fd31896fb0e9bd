// SPDX-License-Identifier: Apache-2.0
//
// api.cc - the public API as a C++ program uses it: macros, labels from variables, all metric
// types, a collector, a page. Ends with 0 when the page says what it should.

#include <promc/promc.h>

#include <cstdio>
#include <string>

PROMC_COUNTER(starts, "app_starts_total", "Times the service started.");
PROMC_GAUGE(depth, "app_queue_length", "Jobs that wait.");
PROMC_HISTOGRAM(latency, "app_latency_seconds", "Time to answer.");
PROMC_SUMMARY(size, "app_answer_bytes", "Size of answers.");

namespace
{

int failures = 0;

void expect(const std::string &page, const std::string &line)
{
    if (("\n" + page).find("\n" + line + "\n") == std::string::npos) {
        std::fprintf(stderr, "missing: %s\n", line.c_str());
        failures++;
    }
}

void collect(promc_emitter *e, void *arg)
{
    const std::string *disk = static_cast<const std::string *>(arg);
    promc_samples *f = promc_emit_family(e, PROMC_TYPE_GAUGE, "app_disk_free_bytes",
                                         "Free space.", PROMC_LABELS("disk"));
    promc_emit(f, PROMC_LABELS(disk->c_str()), 4096);
}

} // namespace

int main()
{
    promc_error err;
    promc_counter_family *requests =
        promc_counter_family_new(nullptr, "app_requests_total", "Requests served.",
                                 PROMC_LABELS("method", "code"), &err);
    if (!requests) {
        std::fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const std::string code = "200";
    promc_counter *get_ok =
        promc_counter_labels(requests, PROMC_LABELS("GET", code.c_str()));
    promc_counter_add(get_ok, 2);
    promc_counter_family_inc(requests, PROMC_LABELS("PUT", "500"));

    promc_opts opts = PROMC_OPTS_INIT;
    opts.max_series = 1;
    promc_gauge_family *jobs = promc_gauge_family_new_with(
        nullptr, "app_jobs", "Jobs by state.", PROMC_LABELS("state"), &opts, &err);
    promc_gauge_family_set(jobs, PROMC_LABELS("idle"), 3);
    promc_gauge_family_set(jobs, PROMC_LABELS("one too many"), 3);

    // What breaks a rule gives a null handle with a reason, and a null handle does nothing.
    promc_counter *bad = promc_counter_new(nullptr, "", "Refused.", &err);
    if (bad != nullptr || err.code >= 0) {
        std::fprintf(stderr, "a bad name was accepted\n");
        failures++;
    }
    promc_counter_inc(bad);

    promc_counter_inc(starts);
    promc_gauge_set(depth, 7);
    promc_histogram_observe(latency, 0.2);
    promc_summary_observe(size, 512);

    std::string disk = "sda";
    promc_collector_register(nullptr, collect, &disk, nullptr);

    promc_page *page = promc_page_new(nullptr);
    if (promc_render(nullptr, PROMC_FORMAT_TEXT, page, &err) != 0) {
        std::fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const std::string text(promc_page_data(page), promc_page_size(page));
    promc_page_free(page);
    expect(text, "# TYPE app_starts_total counter");
    expect(text, "app_starts_total 1");
    expect(text, "app_queue_length 7");
    expect(text, "app_latency_seconds_bucket{le=\"0.25\"} 1");
    expect(text, "app_latency_seconds_bucket{le=\"0.1\"} 0");
    expect(text, "app_answer_bytes_sum 512");
    expect(text, "app_requests_total{code=\"200\",method=\"GET\"} 2");
    expect(text, "app_requests_total{code=\"500\",method=\"PUT\"} 1");
    expect(text, "app_jobs{state=\"idle\"} 3");
    expect(text, "app_disk_free_bytes{disk=\"sda\"} 4096");
    if (text.find("one too many") != std::string::npos) {
        std::fprintf(stderr, "max_series was passed\n");
        failures++;
    }

    promc_collector_unregister(nullptr, collect, &disk);
    promc_registry_free(nullptr);
    return failures != 0;
}
