package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// metrics is what Prometheus can read. No label holds a person, a channel or a
// kernteam.
type metrics struct {
	registry *prometheus.Registry
	events   *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		events: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "kansbot_event_seconds",
			Help:    "Time to handle an event, from the adapter's call to the durable answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 10},
		}, []string{"platform", "act"}),
	}
	m.registry.MustRegister(m.events, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) event(e chat.Event, took time.Duration) {
	m.events.WithLabelValues(e.Platform, actName(e.Act)).Observe(took.Seconds())
}

// actName is "typed", "pressed" and so on.
func actName(act chat.Act) string {
	name := fmt.Sprintf("%T", act)
	return strings.ToLower(name[strings.LastIndex(name, ".")+1:])
}

// watch adds what is read at each scrape.
func (m *metrics) watch(a *app) { m.registry.MustRegister(gauges{a}) }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4})
}

type gauges struct{ app *app }

// Metrics that the check-up reads too.
const (
	oldestMetric  = "kansbot_outbox_oldest_seconds"
	foreignMetric = "kansbot_foreign_connections"
	lostMetric    = "kansbot_lost_channels"
	refusedMetric = "kansbot_refused_request_timestamp_seconds"
	knownMetric   = "kansbot_school_holidays_known_until_seconds"
)

var (
	waiting  = prometheus.NewDesc("kansbot_outbox_waiting", "Posts and edits that wait to be sent.", nil, nil)
	oldest   = prometheus.NewDesc(oldestMetric, "Time since the first attempt of the post that is longest tried and still waits.", nil, nil)
	buried   = prometheus.NewDesc("kansbot_outbox_buried", "Posts that the platform refused for good.", nil, nil)
	attempts = prometheus.NewDesc("kansbot_outbox_attempts_total", "Attempts to send, by how they ended.", []string{"outcome"}, nil)
	places   = prometheus.NewDesc("kansbot_workspaces", "Workspaces, by whether they are connected.", []string{"platform", "connected"}, nil)
	foreign  = prometheus.NewDesc(foreignMetric, "Connections that others have with our token; they get part of what people do.", []string{"platform"}, nil)
	lost     = prometheus.NewDesc(lostMetric, "Channels that the bot was removed from, or that were archived, since the start.", []string{"platform"}, nil)
	refused  = prometheus.NewDesc(refusedMetric, "When a request came that was signed wrongly, the last since one that was right; 0 for never.", []string{"platform"}, nil)
	known    = prometheus.NewDesc(knownMetric, "The last day of which the school holidays are known, in Unix time, for each region in use; 0 when this school year is not.", []string{"region"}, nil)
	lateness = prometheus.NewDesc("kansbot_due_late_seconds", "How late the first thing is that is due and not yet done; 0 when nothing is.", nil, nil)
)

func (gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waiting, oldest, buried, attempts, places, foreign, lost, refused, known, lateness} {
		ch <- d
	}
}

func (g gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts := g.app.outbox.Counts()
	for outcome, n := range map[string]uint64{"delivered": counts.Delivered, "failed": counts.Failed - counts.Refused, "refused": counts.Refused} {
		ch <- prometheus.MustNewConstMetric(attempts, prometheus.CounterValue, float64(n), outcome)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, p := range g.app.platforms {
		s := p.state()
		gauge(places, float64(s.connected), p.Name(), "yes")
		gauge(places, float64(s.apart), p.Name(), "no")
		gauge(foreign, float64(s.foreign), p.Name())
		gauge(lost, float64(s.lost), p.Name())
		last := 0.0
		if !s.refused.IsZero() {
			last = float64(s.refused.Unix())
		}
		gauge(refused, last, p.Name())
	}
	teams, err := kernteams(ctx, g.app.db)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(known, err)
		return
	}
	for _, region := range regions(teams) {
		seconds := 0.0
		if until := g.app.holidays.KnownUntil(region, team.DateOf(g.app.clock.Now())); !until.IsZero() {
			seconds = float64(time.Date(until.Year, until.Month, until.Day, 0, 0, 0, 0, time.UTC).Unix())
		}
		gauge(known, seconds, string(region))
	}
	health, err := g.app.outbox.Health(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(waiting, err)
		return
	}
	gauge(waiting, float64(health.Waiting))
	gauge(oldest, health.Oldest.Seconds())
	gauge(buried, float64(health.Buried))
	late := time.Duration(0)
	if at, found := g.app.nextDue(ctx); found {
		late = max(0, g.app.clock.Now().Sub(at))
	}
	gauge(lateness, late.Seconds())
}
