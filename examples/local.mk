# SPDX-License-Identifier: Apache-2.0
# Small complete programs to read and to copy from. Built and run by "make check".

check_PROGRAMS += examples/custom_collector
examples_custom_collector_SOURCES = examples/custom_collector.c
examples_custom_collector_LDADD = libpromc/libpromc.la

check_PROGRAMS += examples/guestbook
examples_guestbook_SOURCES = examples/guestbook.c
check_PROGRAMS += examples/prefork_server
examples_prefork_server_SOURCES = examples/prefork_server.c
examples_prefork_server_LDADD = libpromc/libpromc.la

check_PROGRAMS += examples/textfile_job
examples_textfile_job_SOURCES = examples/textfile_job.c
examples_textfile_job_LDADD = libpromc/libpromc.la

if PUSH
check_PROGRAMS += examples/push_job
examples_push_job_SOURCES = examples/push_job.c
examples_push_job_LDADD = libpromc/libpromc-push.la libpromc/libpromc.la
endif
check_PROGRAMS += examples/test_my_metrics
TESTS += examples/test_my_metrics
examples_test_my_metrics_SOURCES = examples/test_my_metrics.c
examples_test_my_metrics_LDADD = libpromc/libpromc-test.la libpromc/libpromc.la

if HTTP
check_PROGRAMS += examples/http_service examples/own_server examples/cpp_service
examples_http_service_SOURCES = examples/http_service.c
examples_http_service_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS)
examples_http_service_LDADD = libpromc/libpromc-http.la libpromc/libpromc.la $(MHD_LIBS)
examples_own_server_SOURCES = examples/own_server.c
examples_own_server_CPPFLAGS = $(AM_CPPFLAGS) $(MHD_CFLAGS)
examples_own_server_LDADD = libpromc/libpromc.la $(MHD_LIBS)
examples_cpp_service_SOURCES = examples/cpp_service.cc
examples_cpp_service_CXXFLAGS = $(AM_CXXFLAGS) -std=c++11
examples_cpp_service_LDADD = libpromc/libpromc-http.la libpromc/libpromc.la
endif

TESTS += examples/test.py examples/prefork_test.py
EXTRA_DIST += examples/test.py examples/prefork_test.py
