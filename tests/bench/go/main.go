// SPDX-License-Identifier: Apache-2.0

// The rows of bench_update and bench_scrape for client_golang, with the same input.
//
//	bench_go updates|counters|histograms
//
// Built where Go and the library are there as Debian packages them
// (golang-github-prometheus-client-golang-dev).
package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

const (
	values     = 1024
	targetTime = 100 * time.Millisecond
	renders    = 9

	clockProcess = 2
)

var bounds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
var methods = []string{"GET", "POST", "PUT", "DELETE"}
var codes = []string{"200", "201", "204", "301", "304", "400", "403", "404", "500", "503"}

var in struct {
	v      [values]float64
	method [values]string
	code   [values]string
}

func makeInput() {
	x := uint64(88172645463325252)
	for i := range in.v {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		bucket := int(x % 12)
		low, high := 0.0005, 20.0
		if bucket > 0 {
			low = bounds[bucket-1]
		}
		if bucket < 11 {
			high = bounds[bucket]
		}
		in.v[i] = low + (high-low)*float64(x>>40)/16777216.0
		in.method[i] = methods[(x>>8)%4]
		in.code[i] = codes[(x>>16)%10]
	}
}

// CPU time in nanoseconds, by this clock.
func cpu(clock uintptr) float64 {
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0)
	return float64(t.Sec)*1e9 + float64(t.Nsec)
}

type shape struct {
	name    string
	threads int
	loop    func(arg int, n int)
}

// once runs the loop in each thread; returns nanoseconds per update, of the whole process, since a
// summary sorts in a goroutine of its own.
func once(s shape, n int) float64 {
	var start, done sync.WaitGroup
	runtime.GC()
	start.Add(s.threads)
	before := cpu(clockProcess)
	for i := 0; i < s.threads; i++ {
		done.Add(1)
		go func(i int) {
			defer done.Done()
			runtime.LockOSThread()
			start.Done()
			start.Wait()
			s.loop(i, n)
		}(i)
	}
	done.Wait()
	return (cpu(clockProcess) - before) / float64(n*s.threads)
}

func updates() {
	c := []prometheus.Counter{
		prometheus.NewCounter(prometheus.CounterOpts{Name: "a_total"}),
		prometheus.NewCounter(prometheus.CounterOpts{Name: "b_total"})}
	g := []prometheus.Gauge{
		prometheus.NewGauge(prometheus.GaugeOpts{Name: "c"}),
		prometheus.NewGauge(prometheus.GaugeOpts{Name: "d"})}
	h := []prometheus.Histogram{
		prometheus.NewHistogram(prometheus.HistogramOpts{Name: "e", Buckets: bounds}),
		prometheus.NewHistogram(prometheus.HistogramOpts{Name: "f", Buckets: bounds})}
	native := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "n",
		NativeHistogramBucketFactor: 1.1})
	s := prometheus.NewSummary(prometheus.SummaryOpts{Name: "g",
		Objectives: map[float64]float64{0.5: 0.05, 0.9: 0.01, 0.99: 0.001}})
	f := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "h_total"},
		[]string{"method", "code"})
	inc := func(c prometheus.Counter, n int) {
		for ; n > 0; n-- {
			c.Inc()
		}
	}
	observe := func(o prometheus.Observer, n int) {
		for ; n > 0; n-- {
			o.Observe(in.v[n%values])
		}
	}
	find := func(_, n int) {
		for ; n > 0; n-- {
			f.WithLabelValues(in.method[n%values], in.code[n%values]).Inc()
		}
	}
	set := func(_, n int) {
		for ; n > 0; n-- {
			g[0].Set(float64(n))
		}
	}
	for _, s := range []shape{
		{"counter inc", 1, func(_, n int) { inc(c[0], n) }},
		{"the same counter inc", 2, func(_, n int) { inc(c[0], n) }},
		{"different counters inc", 2, func(i, n int) { inc(c[i], n) }},
		{"gauge set", 1, set},
		{"the same gauge set", 2, set},
		{"histogram observe, 11 buckets", 1, func(_, n int) { observe(h[0], n) }},
		{"the same histogram observe", 2, func(_, n int) { observe(h[0], n) }},
		{"different histograms observe", 2, func(i, n int) { observe(h[i], n) }},
		{"native histogram observe", 1, func(_, n int) { observe(native, n) }},
		{"the same native histogram observe", 2, func(_, n int) { observe(native, n) }},
		{"summary observe, 3 quantiles", 1, func(_, n int) { observe(s, n) }},
		{"the same summary observe", 2, func(_, n int) { observe(s, n) }},
		{"find by 2 label values and inc", 1, find},
		{"the same, both in one family", 2, find},
	} {
		n := 1000
		for once(s, n)*float64(n) < float64(targetTime)/4 {
			n *= 2
		}
		fmt.Printf("%s\t%d\t%.3f\n", s.name, s.threads, once(s, n*4))
	}
}

func peakKiB() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d", &kib); err == nil {
			return kib
		}
	}
	return 0
}

func scrape(name string, c prometheus.Collector) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(c)
	var page bytes.Buffer
	render := func() {
		page.Reset()
		families, err := reg.Gather()
		if err != nil {
			panic(err)
		}
		encoder := expfmt.NewEncoder(&page, expfmt.FmtText)
		for _, family := range families {
			if err := encoder.Encode(family); err != nil {
				panic(err)
			}
		}
	}
	render()
	var ms []float64
	for i := 0; i < renders; i++ {
		before := cpu(clockProcess)
		render()
		ms = append(ms, (cpu(clockProcess)-before)/1e6)
	}
	sort.Float64s(ms)
	fmt.Printf("%s\t%.3f\t%d\t%d\n", name, ms[renders/2], page.Len(), peakKiB())
}

func main() {
	makeInput()
	what := ""
	if len(os.Args) == 2 {
		what = os.Args[1]
	}
	switch what {
	case "updates":
		updates()
	case "counters":
		f := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bench_requests_total",
			Help: "Requests."}, []string{"code", "path", "shard"})
		for i := 0; i < 100000; i++ {
			f.WithLabelValues(codes[i%10], fmt.Sprintf("/api/v1/items/%06d", i),
				fmt.Sprintf("shard-%03d", i%97)).Add(float64(i * 7))
		}
		scrape("100,000 counters, 3 labels", f)
	case "histograms":
		f := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "bench_seconds",
			Help: "Time.", Buckets: bounds}, []string{"path"})
		for i := 0; i < 1000; i++ {
			h := f.WithLabelValues(fmt.Sprintf("/api/v1/items/%06d", i))
			for j := 0; j < 40; j++ {
				h.Observe(in.v[(i*40+j)%values])
			}
		}
		scrape("1,000 histograms, 11 buckets", f)
	default:
		fmt.Fprintln(os.Stderr, "usage: bench_go updates|counters|histograms")
		os.Exit(2)
	}
}
