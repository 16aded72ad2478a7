package slack

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

func TestOutcomes(t *testing.T) {
	const minute = time.Minute
	badBlocks := `{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":[
		"wat Anna schreef is te lang [json-pointer:/blocks/1/elements]","[json-pointer:/blocks/2/text/Anna schreef]"]}}`
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		outcome chat.Outcome
		after   time.Duration
		here    bool
		says    string
	}{
		"rate limit":          {status(429, "7", `{"ok":false,"error":"ratelimited"}`), chat.NotSent, 7 * time.Second, true, "429"},
		"rate limit, no word": {status(429, "", ""), chat.NotSent, 10 * time.Second, true, "429"},
		"at once":             {status(429, "0", ""), chat.NotSent, 10 * time.Second, true, "429"},
		"long ago":            {status(429, "-7", ""), chat.NotSent, 10 * time.Second, true, "429"},
		"very long":           {status(429, "999999", ""), chat.NotSent, time.Hour, true, "429"},
		"odd Retry-After":     {status(429, "when Anna wants", ""), chat.Unknown, 0, false, "not an answer"},
		"rate_limited":        {denying("rate_limited"), chat.NotSent, 10 * time.Second, true, "rate_limited"},
		"whole workspace":     {denying("message_limit_exceeded"), chat.NotSent, 10 * time.Second, true, "message_limit_exceeded"},

		"wrong token":      {denying("invalid_auth"), chat.NotSent, minute, false, "invalid_auth"},
		"no token":         {denying("not_authed"), chat.NotSent, minute, false, "not_authed"},
		"uninstalled":      {denying("account_inactive"), chat.NotSent, minute, false, "account_inactive"},
		"revoked":          {denying("token_revoked"), chat.NotSent, minute, false, "token_revoked"},
		"expired":          {denying("token_expired"), chat.NotSent, minute, false, "token_expired"},
		"moving":           {denying("team_added_to_org"), chat.NotSent, minute, false, "team_added_to_org"},
		"scope":            {saying(`{"ok":false,"error":"missing_scope","needed":"chat:write,im:write","provided":"commands"}`), chat.NotSent, minute, true, "missing_scope, needs chat:write,im:write"},
		"no permission":    {denying("no_permission"), chat.NotSent, minute, true, "no_permission"},
		"suspended":        {denying("ekm_access_denied"), chat.NotSent, minute, true, "ekm_access_denied"},
		"not a member":     {denying("not_in_channel"), chat.Refused, 0, false, "not_in_channel"},
		"no such channel":  {denying("channel_not_found"), chat.Refused, 0, false, "channel_not_found"},
		"archived":         {denying("is_archived"), chat.Refused, 0, false, "is_archived"},
		"read only":        {denying("restricted_action_read_only_channel"), chat.Refused, 0, false, "read_only"},
		"thread gone":      {denying("thread_not_found"), chat.Refused, 0, false, "thread_not_found"},
		"message gone":     {denying("message_not_found"), chat.Refused, 0, false, "message_not_found"},
		"not ours":         {denying("cant_update_message"), chat.Refused, 0, false, "cant_update_message"},
		"too late":         {denying("edit_window_closed"), chat.Refused, 0, false, "edit_window_closed"},
		"too long":         {denying("msg_blocks_too_long"), chat.Refused, 0, false, "msg_blocks_too_long"},
		"blocks":           {saying(badBlocks), chat.Refused, 0, false, "invalid_blocks at /blocks/1/elements"},
		"metadata":         {denying("metadata_too_large"), chat.Refused, 0, false, "metadata_too_large"},
		"nobody":           {denying("user_not_found"), chat.Refused, 0, false, "user_not_found"},
		"gone":             {denying("user_disabled"), chat.Refused, 0, false, "user_disabled"},
		"no messages tab":  {denying("messages_tab_disabled"), chat.Refused, 0, false, "messages_tab_disabled"},
		"proxy: too large": {status(413, "", "<html>"), chat.Refused, 0, false, "413"},

		"internal error":    {denying("internal_error"), chat.Unknown, 0, false, "internal_error"},
		"fatal error":       {denying("fatal_error"), chat.Unknown, 0, false, "fatal_error"},
		"unavailable":       {denying("service_unavailable"), chat.Unknown, 0, false, "service_unavailable"},
		"half a request":    {denying("request_timeout"), chat.Unknown, 0, false, "request_timeout"},
		"yet to be thought": {denying("moon_in_the_way"), chat.Unknown, 0, false, "moon_in_the_way"},
		"odd code":          {denying("Anna <belt>"), chat.Unknown, 0, false, "not an answer"},
		"no code":           {saying(`{"ok":false}`), chat.Unknown, 0, false, "not an answer"},
		"nothing":           {saying(`{}`), chat.Unknown, 0, false, "not an answer"},
		"empty":             {saying(``), chat.Unknown, 0, false, "connection closed"},
		"half an answer":    {saying(`{"ok":true,"chan`), chat.Unknown, 0, false, "connection closed"},
		"garbage":           {saying(`<html>wat Anna schreef`), chat.Unknown, 0, false, "not an answer"},
		"odd errors":        {saying(`{"ok":false,"error":"x","errors":[{"Anna":"belt"}]}`), chat.Unknown, 0, false, "not an answer"},
		"server error":      {status(500, "", "<html>"), chat.Unknown, 0, false, "500"},
		"bad gateway":       {status(502, "", "<html>"), chat.Unknown, 0, false, "502"},
		"timed out":         {status(408, "", ""), chat.Unknown, 0, false, "408"},
		"connection lost":   {breaking, chat.Unknown, 0, false, "connection closed"},
		"proxy says no":     {status(403, "", "<html>"), chat.NotSent, minute, false, "403"},
		"proxy knows none":  {status(404, "", "<html>"), chat.NotSent, minute, false, "404"},
		"moved":             {status(302, "", ""), chat.NotSent, minute, false, "302"},
	} {
		t.Run(name, func(t *testing.T) {
			home, edit := toAnna("x"), toZwaan("x")
			home.To.Home, edit.Edits = true, "C0ZWAAN/1.000001"
			for way, d := range map[string]chat.Delivery{"new": toZwaan("x"), "edit": edit, "home": home} {
				s, a := newStandIn(t, Pace{Unlimited: true})
				for _, method := range []string{chatPostMessage, chatUpdate, viewsPublish} {
					s.answer(method, test.answer)
				}
				id, err := a.Deliver(t.Context(), d)
				f := (*chat.Failure)(nil)
				if !errors.As(err, &f) || id != "" || f.Outcome != test.outcome || f.After != test.after || f.Here != test.here || f.Turn {
					t.Fatalf("%s: %q, %+v", way, id, err)
				}
				if !strings.Contains(err.Error(), test.says) {
					t.Errorf("%s: says %q", way, err)
				}
				for _, leak := range []string{"geheim", "Anna", "belt", "html", strings.TrimPrefix(s.URL, "http://")} {
					if strings.Contains(err.Error(), leak) {
						t.Errorf("%s: the error says too much: %v", way, err)
					}
				}
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	stranger.StartTLS()
	defer stranger.Close()
	for address, says := range map[string]string{"http://" + l.Addr().String(): "connection refused", stranger.URL: "certificate not trusted"} {
		t.Run(says, func(t *testing.T) {
			_, a := newStandIn(t, Pace{Unlimited: true})
			w, _ := a.workspace(ourTeam)
			w.api = slack.New(secretToken, slack.OptionAPIURL(address+"/api/"))
			_, err := a.Deliver(t.Context(), toZwaan("x"))
			if f := failure(err); f.Outcome != chat.NotSent || f.After != 0 || !strings.HasSuffix(f.Error(), says) {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestSlowSlack(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	ctx, cancel := context.WithCancel(t.Context())
	s.answer(chatPostMessage, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := a.Deliver(ctx, toZwaan("x"))
	if f := failure(err); f.Outcome != chat.Unknown || !errors.Is(err, context.Canceled) || f.Error() != "slack: no answer: canceled" {
		t.Errorf("%+v", err)
	}
}

func FuzzFault(f *testing.F) {
	f.Add("invalid_blocks", "", "no more than 25 items allowed [json-pointer:/blocks/1/elements]")
	f.Add("missing_scope", "im:write", "")
	f.Add("missing_scope", "Anna belt", "")
	f.Add("Anna belt", "xoxb-1", "[json-pointer:/a b][json-pointer:")
	form := regexp.MustCompile(`^slack: status 200(: not an answer of Slack's|, [a-z0-9_]+(, needs [a-z.:_, -]+| at /[A-Za-z0-9_/-]*( /[A-Za-z0-9_/-]*)*)?)$`)
	f.Fuzz(func(t *testing.T, code, needed, complaint string) {
		err := checked(slack.SlackErrorResponse{Err: code, Needed: needed, ResponseMetadata: slack.ResponseMetadata{Messages: []string{complaint, complaint}}})
		if !form.MatchString(err.Error()) {
			t.Errorf("%q", err)
		}
		if again := checked(err); again != err {
			t.Errorf("checked twice: %v", again)
		}
	})
}
