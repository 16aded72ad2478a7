package slack

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// Paths that Slack calls.
const (
	routes          = "/slack/"
	commandPath     = routes + "command"
	interactivePath = routes + "interactive"
	eventPath       = routes + "event"
	optionsPath     = routes + "options"
)

// How large a body may be, which has to be read before its signature can be
// looked at. What tells of a form, a press or a home page holds all of that view
// or message: some 100 kB as we make them, and twice that percent-encoded. What
// comes without a signature is a few fields.
const (
	maxBody     = 64 << 10
	maxView     = 512 << 10
	maxUnsigned = 1 << 10
)

// Routes mounts what Slack calls when it uses HTTP. Until Receive runs, it
// answers 503.
func (a *Adapter) Routes(mux *http.ServeMux) {
	mux.HandleFunc(routes, a.serve)
}

// serve acknowledges a request. Whatever is wrong with one, who sent it learns
// a status and no more.
func (a *Adapter) serve(w http.ResponseWriter, r *http.Request) {
	got := a.take(w, r)
	if got.then != nil {
		defer func() { go got.then() }()
	}
	if got.refused != 0 {
		a.log.Debug("request refused", "status", got.refused)
		w.WriteHeader(got.refused)
		return
	}
	var data []byte
	if got.payload != nil {
		var err error
		if data, err = json.Marshal(got.payload); err != nil {
			a.log.Error("answer not encoded", "err", err)
		}
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
	http.NewResponseController(w).Flush() // what follows comes after it
}

// take reads a request, and has its content handled when Slack signed it.
func (a *Adapter) take(w http.ResponseWriter, r *http.Request) answer {
	path, contentType, limit := r.URL.Path, "application/x-www-form-urlencoded", int64(maxBody)
	switch path {
	case interactivePath:
		limit = maxView
	case eventPath:
		contentType, limit = "application/json", maxView
	case commandPath, optionsPath:
	default:
		return answer{refused: http.StatusNotFound}
	}
	if r.Method != http.MethodPost {
		return answer{refused: http.StatusNotFound}
	}
	if given, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); given != contentType {
		return answer{refused: http.StatusUnsupportedMediaType}
	}
	claim, signed := claimOf(r.Header, a.now())
	if !signed && path == commandPath {
		limit = maxUnsigned
	} else if !signed {
		return answer{refused: http.StatusUnauthorized}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return answer{refused: http.StatusRequestEntityTooLarge}
	}
	if err != nil {
		return answer{refused: http.StatusBadRequest}
	}
	var from *app
	if signed {
		if from = a.signer(claim, body); from == nil {
			return answer{refused: http.StatusUnauthorized}
		}
	}
	r.URL.RawQuery = "" // nobody signed it
	r.Body = io.NopCloser(bytes.NewReader(body))
	if contentType != "application/json" && r.ParseForm() != nil {
		return answer{refused: http.StatusBadRequest}
	}
	if path == commandPath && r.PostForm.Get("ssl_check") == "1" {
		return answer{} // Slack looks at our certificate, without a signature
	}
	if from == nil {
		return answer{refused: http.StatusUnauthorized}
	}
	return a.handle(func() answer {
		if !a.replays.first(claim.signature, claim.at.Add(maxSkew), a.now()) {
			return answer{refused: http.StatusUnauthorized}
		}
		var got answer
		switch path {
		case commandPath:
			got = a.command(from, commandOf(r))
		case eventPath:
			got = a.event(from, body)
		default:
			got = a.interaction(from, []byte(r.PostForm.Get("payload")))
		}
		if got.refused != 0 {
			a.replays.forget(claim.signature) // Slack may send it again within the second
		}
		return got
	})
}

// commandOf reads a parsed form.
func commandOf(r *http.Request) slack.SlashCommand {
	c, _ := slack.SlashCommandParse(r) // fails on a form that cannot be parsed
	return c
}

// maxSkew is how far a request's time may be from ours.
// https://docs.slack.dev/authentication/verifying-requests-from-slack
const maxSkew = 5 * time.Minute

// signature is what a request was signed with.
type signature [sha256.Size]byte

// claim is what a request says of its signature.
type claim struct {
	stamp     string // when it was signed, as it was signed
	at        time.Time
	signature signature
}

// claimOf reads what a request says of its signature; ok when that can be true
// by now. It goes by our own clock, which the client library's verifier does not.
func claimOf(h http.Header, now time.Time) (c claim, ok bool) {
	c.stamp = h.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(c.stamp, 10, 64)
	if err != nil {
		return c, false
	}
	c.at = time.Unix(seconds, 0)
	if now.Sub(c.at).Abs() > maxSkew {
		return c, false
	}
	digits, ok := strings.CutPrefix(h.Get("X-Slack-Signature"), "v0=")
	if !ok || len(digits) != 2*len(c.signature) {
		return c, false
	}
	_, err = hex.Decode(c.signature[:], []byte(digits))
	return c, err == nil
}

// signer is the app that a body was signed for, nil for none.
func (a *Adapter) signer(c claim, body []byte) (from *app) {
	for _, one := range a.apps {
		for _, secret := range one.SigningSecrets {
			if secret == "" {
				continue
			}
			mac := hmac.New(sha256.New, []byte(secret))
			io.WriteString(mac, "v0:"+c.stamp+":")
			mac.Write(body)
			if hmac.Equal(mac.Sum(nil), c.signature[:]) {
				from = one
			}
		}
	}
	if from != nil {
		from.refused.Store(nil)
		return from
	}
	now := a.now()
	for _, one := range a.apps {
		if len(one.SigningSecrets) > 0 {
			one.refused.Store(&now)
		}
	}
	a.warn(now.Add(-time.Minute), "requests with a wrong signature: the signing secret is wrong, or it is not Slack that calls")
	return nil
}

// replays remembers the signatures of the requests that were taken, as long as
// they count.
type replays struct {
	mu    sync.Mutex
	until map[signature]time.Time
	swept time.Time // when those past their time were dropped
}

// first says whether a signature has not been seen before.
func (r *replays) first(s signature, until, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = make(map[signature]time.Time)
	}
	if now.Sub(r.swept) > time.Minute {
		maps.DeleteFunc(r.until, func(_ signature, until time.Time) bool { return now.After(until) })
		r.swept = now
	}
	_, seen := r.until[s]
	r.until[s] = until
	return !seen
}

func (r *replays) forget(s signature) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.until, s)
}
