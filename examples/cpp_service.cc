/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpp_service.cc - promc from C++11: a pool of workers that measures its jobs.
 *
 *   cpp_service [ADDRESS]                (127.0.0.1:9401)
 *
 * The C API is used as it is. A handle is a plain pointer that lives as long as its
 * registry, so it can be copied, captured and kept without thought of ownership; what
 * needs an owner (the server, a timed section) gets a small class.
 */
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include <promc/http.h>
#include <promc/promc.h>

PROMC_GAUGE(busy, "worker_busy_threads", "Workers with a job in hand.");
PROMC_HISTOGRAM(job_seconds, "worker_job_duration_seconds", "Time one job took.");

/* Measures the block it lives in, whichever way that is left. */
class Timed
{
  public:
    explicit Timed(promc_histogram *h) : histogram(h), timer(promc_timer_start())
    {
        promc_gauge_inc(busy);
    }
    ~Timed()
    {
        promc_gauge_dec(busy);
        promc_histogram_observe_timer(histogram, timer);
    }
    Timed(const Timed &) = delete;
    Timed &operator=(const Timed &) = delete;

  private:
    promc_histogram *histogram;
    promc_timer timer;
};

struct StopServer {
    void operator()(promc_http *srv) const
    {
        promc_http_stop(srv);
    }
};

static void work(promc_counter *done, const std::atomic<bool> &stop)
{
    /* relaxed, pairs with the store in main: only the flag itself is communicated */
    while (!stop.load(std::memory_order_relaxed)) {
        {
            Timed timed(job_seconds);
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
        }
        promc_counter_inc(done);
    }
}

int main(int argc, char **argv)
{
    promc_error err = promc_error();
    sigset_t stop_signals;
    int sig;

    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop_signals, nullptr);

    promc_counter_family *jobs = promc_counter_family_new(
        nullptr, "worker_jobs_total", "Jobs done.", PROMC_LABELS("queue"), &err);
    std::unique_ptr<promc_http, StopServer> server(
        promc_http_start(nullptr, argc > 1 ? argv[1] : "127.0.0.1:9401", &err));
    if (!jobs || !server || promc_registry_error(nullptr, &err) != 0) {
        std::fprintf(stderr, "cpp_service: %s\n", err.text);
        return 1;
    }
    std::printf("metrics http://127.0.0.1:%u/metrics\n", promc_http_port(server.get()));
    std::fflush(stdout);

    std::atomic<bool> stop(false);
    std::vector<std::thread> workers;
    for (const char *queue : { "fast", "slow" })
        workers.emplace_back(work, promc_counter_labels(jobs, PROMC_LABELS(queue)),
                             std::cref(stop));
    sigwait(&stop_signals, &sig);
    stop.store(true, std::memory_order_relaxed); /* relaxed: see work() */
    for (std::thread &t : workers)
        t.join();
    return 0;
}
