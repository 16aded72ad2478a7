package slack

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// fault is a request that failed. It names no address, token or content.
type fault struct {
	status int           // 0: no answer came
	code   string        // Slack's name of the error; empty when the answer was not Slack's
	after  time.Duration // asked for by Slack
	needed string        // the scope that was missing
	where  string        // which part of a message or view Slack refused, as a JSON pointer
	cause  error         // when there was no answer, or none that could be read
}

func (f *fault) Error() string {
	switch {
	case f.status == 0:
		return "slack: no answer: " + said(f.cause)
	case f.code != "" && f.needed != "":
		return fmt.Sprintf("slack: status %d, %s, needs %s", f.status, f.code, f.needed)
	case f.code != "" && f.where != "":
		return fmt.Sprintf("slack: status %d, %s at %s", f.status, f.code, f.where)
	case f.code != "":
		return fmt.Sprintf("slack: status %d, %s", f.status, f.code)
	case f.cause != nil:
		return fmt.Sprintf("slack: status %d: %s", f.status, said(f.cause))
	}
	return fmt.Sprintf("slack: status %d", f.status)
}

func (f *fault) Unwrap() error { return f.cause }

var errUnreadable = errors.New("not an answer of Slack's")

// said names what went wrong underneath. Those errors themselves quote
// addresses and answers.
func said(err error) string {
	dns, errno := (*net.DNSError)(nil), syscall.Errno(0)
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "timed out"
	case errors.As(err, &dns):
		return "name not found"
	case untrusted(err):
		return "certificate not trusted"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	}
	if slow := net.Error(nil); errors.As(err, &slow) && slow.Timeout() {
		return "timed out"
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return "connection failed"
	}
	return errUnreadable.Error()
}

var (
	errorCode = regexp.MustCompile(`^[a-z0-9_]{1,100}$`)
	scopeList = regexp.MustCompile(`^[a-z.:_, -]{1,200}$`)
	pointer   = regexp.MustCompile(`\[json-pointer:(/[A-Za-z0-9_/-]{0,100})\]`)
)

// checked turns what the client library returns into nil, a *fault, or what
// was checked before. The library sees no fault in an answer of {}: who asks
// looks whether what was asked for is in it, and otherwise calls unreadable.
func checked(err error) error {
	if err == nil {
		return nil
	}
	if f, known := (*fault)(nil), (*chat.Failure)(nil); errors.As(err, &f) || errors.As(err, &known) {
		return err
	}
	var told slack.SlackErrorResponse
	var limited *slack.RateLimitedError
	var status slack.StatusCodeError
	var unanswered *url.Error
	switch {
	case errors.As(err, &told) && errorCode.MatchString(told.Err):
		f := &fault{status: http.StatusOK, code: told.Err, where: pointers(told.ResponseMetadata.Messages)}
		if scopeList.MatchString(told.Needed) {
			f.needed = told.Needed
		}
		return f
	case errors.As(err, &limited):
		return &fault{status: http.StatusTooManyRequests, after: min(limited.RetryAfter, time.Hour)}
	case errors.As(err, &status):
		return &fault{status: status.Code}
	case errors.As(err, &unanswered):
		return &fault{cause: unanswered.Err}
	}
	return &fault{status: http.StatusOK, cause: err}
}

// unreadable is an answer without what was asked for.
func unreadable() error { return &fault{status: http.StatusOK, cause: errUnreadable} }

// pointers leaves only the places of complaints that look like "must be shorter
// than 76 characters [json-pointer:/blocks/1/text]".
func pointers(complaints []string) string {
	var at []string
	for _, c := range complaints {
		for _, m := range pointer.FindAllStringSubmatch(c, -1) {
			at = append(at, m[1])
		}
	}
	return strings.Join(at[:min(len(at), 5)], " ")
}

func codeOf(err error) string {
	if f := (*fault)(nil); errors.As(err, &f) {
		return f.code
	}
	return ""
}

// limited says that Slack asked for a slower pace.
func (f *fault) limited() bool {
	return f.status == http.StatusTooManyRequests || meanings[f.code] == slower
}

// failure says what an error means for the message. Only Slack's own word makes
// it Refused: a proxy's 404 or 403 passes.
func failure(err error) *chat.Failure {
	if known := (*chat.Failure)(nil); errors.As(err, &known) {
		return known
	}
	f := (*fault)(nil)
	if !errors.As(err, &f) {
		return &chat.Failure{Outcome: chat.Unknown, Err: err}
	}
	out := &chat.Failure{Outcome: chat.Unknown, After: f.after, Err: f}
	switch {
	case f.limited():
		out.Outcome, out.After, out.Here = chat.NotSent, f.wait(), true
	case f.code != "":
		switch meanings[f.code] {
		case final:
			out.Outcome = chat.Refused
		case mendable:
			out.Outcome, out.After = chat.NotSent, time.Minute
		case mendableHere:
			out.Outcome, out.After, out.Here = chat.NotSent, time.Minute, true
		}
	case f.status == 0:
		if neverSent(f.cause) {
			out.Outcome = chat.NotSent
		}
	case f.status == http.StatusRequestTimeout:
	case f.status == http.StatusRequestEntityTooLarge:
		out.Outcome = chat.Refused
	case f.status >= 300 && f.status < 500:
		out.Outcome, out.After = chat.NotSent, time.Minute
	}
	return out
}

// wait is for how long Slack asks to be left alone. It does not always say.
func (f *fault) wait() time.Duration {
	if f.after > 0 {
		return f.after
	}
	return 10 * time.Second
}

// neverSent says that there was no connection to send the request over.
func neverSent(err error) bool {
	if op := (*net.OpError)(nil); errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	dns := (*net.DNSError)(nil)
	return errors.As(err, &dns) || untrusted(err)
}

func untrusted(err error) bool {
	cert, host, authority := x509.CertificateInvalidError{}, x509.HostnameError{}, x509.UnknownAuthorityError{}
	return errors.As(err, &cert) || errors.As(err, &host) || errors.As(err, &authority)
}

// meaning is what one of Slack's errors says about the message.
type meaning int

const (
	unclear      meaning = iota
	slower               // not sent; Slack wants fewer requests
	mendable             // not sent; somebody can set the app or its token right
	mendableHere         // the same, for one method or channel
	final
)

// meanings are Slack's errors, as its reference explains them for the methods
// we call (https://docs.slack.dev/reference/methods). All others stay unclear,
// which is the safe thing: the message is looked for before it is sent again,
// and is never given up. That holds for what Slack calls a failure of its own
// (internal_error, fatal_error, of which "some aspect" may have succeeded,
// service_unavailable, request_timeout, update_failed) and for what it may
// invent next.
var meanings = map[string]meaning{
	"ratelimited": slower, "rate_limited": slower, "message_limit_exceeded": slower,

	"invalid_auth": mendable, "not_authed": mendable, "account_inactive": mendable,
	"token_revoked": mendable, "token_expired": mendable, "not_allowed_token_type": mendable,
	"team_access_not_granted": mendable, "team_added_to_org": mendable, "org_login_required": mendable,
	"two_factor_setup_required": mendable, "enterprise_is_restricted": mendable,
	"access_denied": mendable, "accesslimited": mendable,

	"missing_scope": mendableHere, "no_permission": mendableHere,
	"ekm_access_denied": mendableHere, "external_channel_migrating": mendableHere,

	"channel_not_found": final, "not_in_channel": final, "is_archived": final, "is_inactive": final,
	"channel_is_limited_access": final, "method_not_supported_for_channel_type": final,
	"restricted_action": final, "restricted_action_read_only_channel": final,
	"restricted_action_non_threadable_channel": final, "restricted_action_thread_only_channel": final,
	"restricted_action_thread_locked": final,

	"user_not_found": final, "user_not_visible": final, "user_disabled": final,
	"invalid_user_combination": final, "cannot_dm_bot": final,
	"messages_tab_disabled": final, "not_enabled": final,

	"thread_not_found": final, "cannot_reply_to_message": final, "message_not_found": final,
	"cant_update_message": final, "edit_window_closed": final, "block_mismatch": final,

	"no_text": final, "msg_too_long": final, "msg_blocks_too_long": final, "view_too_large": final,
	"invalid_blocks": final, "invalid_blocks_format": final, "invalid_arguments": final,
	"invalid_metadata_format": final, "invalid_metadata_schema": final,
	"metadata_too_large": final, "metadata_must_be_sent_from_app": final,
}
