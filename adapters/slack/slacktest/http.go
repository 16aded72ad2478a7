package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// UseHTTP ends Socket Mode and sends everything to addresses under base:
// /slack/command, /slack/interactive and /slack/event. When the app subscribed
// to events, it first has to pass the url_verification.
func (a *App) UseHTTP(ctx context.Context, base string) error {
	if subscribed := a.manifest.Settings.EventSubscriptions; subscribed != nil {
		if err := a.verify(ctx, base); err != nil {
			return err
		}
	}
	done := a.slack.change()
	a.base, a.socket = base, false
	done()
	a.Disconnect("link_disabled")
	return nil
}

func (a *App) verify(ctx context.Context, base string) error {
	a.slack.mu.Lock()
	challenge := a.slack.secret()
	a.slack.mu.Unlock()
	body := encode(object{"token": "verification", "challenge": challenge, "type": "url_verification"})
	r, err := a.request(ctx, base+"/slack/event", "application/json", body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, a.slack.options.Ack)
	defer cancel()
	answer, err := a.slack.client.Do(r.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("url_verification: %w", err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	var echo struct{ Challenge string }
	if json.Unmarshal(got, &echo) != nil {
		echo.Challenge = strings.TrimSpace(string(got))
	}
	if err != nil || answer.StatusCode != http.StatusOK || echo.Challenge != challenge {
		return errors.New("url_verification: your URL didn't respond with the value of the challenge parameter")
	}
	return nil
}

// Request makes a signed request to a path under the app's address. Changed, it
// is one that Slack never sends; to send it is up to the caller.
func (a *App) Request(path, contentType string, body []byte) (*http.Request, error) {
	a.slack.mu.Lock()
	base := a.base
	a.slack.mu.Unlock()
	return a.request(context.Background(), base+path, contentType, body)
}

func (a *App) request(ctx context.Context, to, contentType string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	Sign(r, a.Secret(), a.slack.options.Now(), body)
	return r, nil
}

// Sign signs a request that has this body, as Slack does
// (docs.slack.dev/authentication/verifying-requests-from-slack).
func Sign(r *http.Request, secret string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

// sendRequest brings a happening to the app over HTTP.
func (a *App) sendRequest(ctx context.Context, h happening) (ack, error) {
	kind, body := h.body()
	r, err := a.Request(h.path, kind, body)
	if err != nil {
		return ack{failed: "connection_failed"}, ErrDispatch
	}
	if h.retry > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(h.retry))
		r.Header.Set("X-Slack-Retry-Reason", h.reason)
	}
	answer, err := a.slack.client.Do(r.WithContext(ctx))
	if err == nil {
		defer answer.Body.Close()
		body, err = io.ReadAll(answer.Body)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return ack{failed: "http_timeout"}, ErrTimeout
	case err != nil:
		return ack{failed: "connection_failed"}, ErrDispatch
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return ack{failed: "http_error", final: answer.Header.Get("X-Slack-No-Retry") == "1"}, ErrDispatch
	}
	return ack{answer: body}, nil
}
