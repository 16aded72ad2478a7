package slacktest

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Call is one request to the Web API.
type Call struct {
	Method  string
	Team    string // id of the workspace; empty with an app-level token
	Channel string // the argument, if any
	N       int    // how many there were of this Method for this Team, this one included
}

// Fault is what goes wrong with a request. The zero Fault is nothing.
type Fault struct {
	Wait   time.Duration // before the request is looked at
	Undone bool          // it is not carried out. Otherwise it is, and only its answer suffers

	// One of these; an Undone request without any is a Drop.
	Drop       bool          // the connection breaks without an answer
	Hang       bool          // no answer, until the client gives up
	Status     int           // this status, without Slack's JSON
	RetryAfter time.Duration // with Status 429; 0 for no such header
}

// SetFault makes choose decide on each request from now on; nil is for none.
// It is called by many goroutines at once.
func (s *Slack) SetFault(choose func(Call) Fault) {
	defer s.change()()
	s.fault = choose
}

// Calls is how many requests there were to a method, refused ones and those
// that met a Fault included.
func (s *Slack) Calls(method string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, calls := range s.calls {
		if key[0] == method {
			n += calls
		}
	}
	return n
}

// met counts a request and says what goes wrong with it.
func (s *Slack) met(method, team, channel string) Fault {
	done := s.change()
	key := [2]string{method, team}
	s.calls[key]++
	call, choose := Call{Method: method, Team: team, Channel: channel, N: s.calls[key]}, s.fault
	done()
	if choose == nil {
		return Fault{}
	}
	return choose(call)
}

// reply is what a request gets.
type reply struct {
	header map[string]string
	status int
	body   object
}

// write answers with a reply, if the fault lets it.
func (f Fault) write(w http.ResponseWriter, r *http.Request, life context.Context, answer reply) {
	switch {
	case f.Drop || answer.status == 0 && f.Status == 0 && !f.Hang:
		panic(http.ErrAbortHandler) // net/http breaks the connection
	case f.Hang:
		pause(r, life, nil)
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
		}
		http.Error(w, http.StatusText(f.Status), f.Status)
	default:
		for name, value := range answer.header {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(answer.status)
		json.NewEncoder(w).Encode(answer.body) // the client may be gone
	}
}

// pause lasts until the time comes, the client gives up or the server closes.
func pause(r *http.Request, life context.Context, until <-chan time.Time) {
	select {
	case <-until:
	case <-r.Context().Done():
	case <-life.Done():
	}
}
