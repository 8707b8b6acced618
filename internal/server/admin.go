package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ephor/internal/env"
)

// counts are what is measured of requests.
type counts struct {
	env      *env.Env
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	running  prometheus.Gauge
	panics   prometheus.Counter
}

func newCounts(e *env.Env) *counts {
	c := &counts{
		env: e, registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ephor_http_requests_total", Help: "Requests answered, by face, method and status.",
		}, []string{"face", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ephor_http_request_seconds", Help: "Time from a request's headers to the end of its handler, by face.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"face"}),
		running: prometheus.NewGauge(prometheus.GaugeOpts{Name: "ephor_http_requests_running", Help: "Requests being answered."}),
		panics:  prometheus.NewCounter(prometheus.CounterOpts{Name: "ephor_http_panics_total", Help: "Handlers that panicked."}),
	}
	c.registry.MustRegister(c.requests, c.seconds, c.running, c.panics,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return c
}

// methodLabels bounds the label: clients may invent methods.
var methodLabels = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true, http.MethodOptions: true,
}

// begin counts a request; done is called with its status when it has been answered.
func (c *counts) begin(face, method string) (done func(status int)) {
	if !methodLabels[method] {
		method = "other"
	}
	start := c.env.Time()
	c.running.Inc()
	return func(status int) {
		c.running.Dec()
		c.requests.WithLabelValues(face, method, strconv.Itoa(status)).Inc()
		c.seconds.WithLabelValues(face).Observe(c.env.Time().Sub(start).Seconds())
	}
}

// adminServer serves metrics and the reasons of readiness, for the operator.
func adminServer(c *counts, h *readiness) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /ready", h.detailed)
	return &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
}
