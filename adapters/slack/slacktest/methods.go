package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// method is one method of the Web API.
type method struct {
	tier  int
	scope string // needed; empty for none, or when it depends on the channel
	do    func(*request) (object, error)
}

// methods are all that the imitation knows, with their tiers and scopes as in
// docs.slack.dev/reference/methods.
var methods = map[string]method{
	"api.test":              {tierTest, "", apiTest},
	"auth.test":             {tierTest, "", authTest},
	"apps.connections.open": {tier3, "connections:write", openConnection},
	"bots.info":             {tier3, "users:read", botInfo},
	"users.info":            {tier4, "users:read", userInfo},
	"users.list":            {tier2, "users:read", userList},
	"users.conversations":   {tier3, "", userConversations},
	"team.info":             {tier3, "team:read", teamInfo},
	"conversations.info":    {tier3, "", conversationInfo},
	"conversations.members": {tier4, "", conversationMembers},
	"conversations.history": {tier3, "", conversationHistory},
	"conversations.replies": {tier3, "", conversationReplies},
	"conversations.open":    {tier3, "im:write", conversationOpen},
	"conversations.join":    {tier3, "channels:join", conversationJoin},
	"chat.postMessage":      {tierPost, "chat:write", postMessage},
	"chat.update":           {tier3, "chat:write", updateMessage},
	"chat.delete":           {tier3, "chat:write", deleteMessage},
	"chat.postEphemeral":    {tier4, "chat:write", postEphemeral},
	"views.open":            {tier4, "", openView},
	"views.push":            {tier4, "", pushView},
	"views.update":          {tier4, "", updateView},
	"views.publish":         {tier4, "", publishView},
}

// request is a request to a method, with who makes it.
type request struct {
	*Slack
	app  *App
	bot  *Bot // nil with an app-level token
	args arguments
}

// arguments are those of a request. Of JSON, what is no string is as it was.
type arguments map[string]string

func (a arguments) flag(name string) bool { return a[name] == "true" || a[name] == "1" }

func (a arguments) raw(name string) json.RawMessage { return json.RawMessage(a[name]) }

// refusal is why Slack does not do something.
type refusal struct {
	code     string
	messages []string // what is wrong with blocks or a view
	more     object
	after    time.Duration // for ratelimited
}

func (r *refusal) Error() string { return strings.Join(append([]string{r.code}, r.messages...), "; ") }

func refuse(code string) error { return &refusal{code: code} }

// grant is what a token gives. It is gone when code says how.
type grant struct {
	app  *App
	bot  *Bot // nil for an app-level token
	code string
}

func (s *Slack) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/api/")
	args, err := readArguments(r)
	if err != nil {
		Fault{}.write(w, r, s.life, answer(nil, err))
		return
	}
	token := args["token"]
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		token = bearer
	}
	team := ""
	s.mu.Lock()
	if g := s.tokens[token]; g != nil && g.bot != nil {
		team = g.bot.Workspace.ID
	}
	s.mu.Unlock()
	fault := s.met(name, team, args["channel"])
	if fault.Wait > 0 {
		pause(r, s.life, time.After(fault.Wait))
	}
	var result reply
	if !fault.Undone {
		result = s.call(name, token, args)
	}
	fault.write(w, r, s.life, result)
}

// readArguments takes them from a form, from JSON or from the address.
func readArguments(r *http.Request) (arguments, error) {
	args := arguments{}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		if err := r.ParseForm(); err != nil {
			return nil, refuse("invalid_form_data")
		}
		for name, values := range r.Form {
			args[name] = values[0]
		}
		return args, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, refuse("request_timeout")
	}
	var fields map[string]json.RawMessage
	if len(body) > 0 && json.Unmarshal(body, &fields) != nil {
		return nil, refuse("invalid_json")
	}
	for name, raw := range fields {
		var text string
		switch {
		case name == "token": // Slack takes none from JSON
		case string(raw) == "null":
		case json.Unmarshal(raw, &text) == nil:
			args[name] = text
		default:
			args[name] = string(raw)
		}
	}
	return args, nil
}

// call carries out a request.
func (s *Slack) call(name, token string, args arguments) reply {
	defer s.change()()
	m, known := methods[name]
	if !known {
		return answer(nil, refuse("unknown_method"))
	}
	if name == "api.test" {
		return answer(apiTest(&request{args: args}))
	}
	g := s.tokens[token]
	switch forApps := name == "apps.connections.open"; {
	case token == "":
		return answer(nil, refuse("not_authed"))
	case g == nil:
		return answer(nil, refuse("invalid_auth"))
	case g.code != "":
		return answer(nil, refuse(g.code))
	case (g.bot == nil) != forApps && name != "auth.test":
		return answer(nil, refuse("not_allowed_token_type"))
	}
	r := &request{Slack: s, app: g.app, bot: g.bot, args: args}
	team, scopes := "", []string{"connections:write"}
	if g.bot != nil {
		team, scopes = g.bot.Workspace.ID, g.bot.scopes
	}
	if !s.options.NoLimits {
		if wait := s.limits.take(s.options.Now(), g.app.ID, team, name, m.tier, r.conversation()); wait > 0 {
			return answer(nil, &refusal{code: "ratelimited", after: wait})
		}
	}
	var body object
	err := r.need(m.scope)
	if err == nil {
		body, err = m.do(r)
	}
	result := answer(body, err)
	result.header["X-OAuth-Scopes"] = strings.Join(scopes, ",")
	result.header["X-Accepted-OAuth-Scopes"] = m.scope
	return result
}

// answer is how Slack words an outcome.
func answer(body object, err error) reply {
	result := reply{status: http.StatusOK, header: map[string]string{}, body: object{"ok": true}}
	for name, value := range body {
		result.body[name] = value
	}
	refused, _ := err.(*refusal)
	if refused == nil {
		return result
	}
	result.body = object{"ok": false, "error": refused.code}
	for name, value := range refused.more {
		result.body[name] = value
	}
	if len(refused.messages) > 0 {
		var messages []string
		for _, m := range refused.messages {
			messages = append(messages, "[ERROR] "+m)
		}
		result.body["response_metadata"] = object{"messages": messages}
	}
	if refused.after > 0 {
		result.status = http.StatusTooManyRequests
		result.header["Retry-After"] = strconv.Itoa(int(math.Ceil(refused.after.Seconds())))
	}
	return result
}

// need refuses when the token was not given a scope.
func (r *request) need(scope string) error {
	if scope == "" || r.bot == nil || slices.Contains(r.bot.scopes, scope) {
		return nil
	}
	return &refusal{code: "missing_scope", more: object{"needed": scope, "provided": strings.Join(r.bot.scopes, ",")}}
}

func apiTest(r *request) (object, error) {
	args := object{}
	for name, value := range r.args {
		args[name] = value
	}
	if code := r.args["error"]; code != "" {
		return nil, &refusal{code: code, more: object{"args": args}}
	}
	return object{"args": args}, nil
}

func authTest(r *request) (object, error) {
	if r.bot == nil {
		return object{"app_id": r.app.ID, "app_name": r.app.manifest.Display.Name}, nil
	}
	w := r.bot.Workspace
	return object{
		"url": "https://" + w.Domain + ".slack.com/", "team": w.Name, "team_id": w.ID,
		"user": r.bot.handle(), "user_id": r.bot.UserID, "bot_id": r.bot.ID, "is_enterprise_install": false,
	}, nil
}

func openConnection(r *request) (object, error) {
	ticket := r.secret()
	r.tickets[ticket] = r.app
	link := url.URL{Scheme: "ws", Host: strings.TrimPrefix(r.server.URL, "http://"), Path: "/link/",
		RawQuery: url.Values{"ticket": {ticket}, "app_id": {r.app.ID}}.Encode()}
	return object{"url": link.String()}, nil
}

func botInfo(r *request) (object, error) {
	for _, b := range r.bot.Workspace.bots {
		if b.ID == r.args["bot"] {
			return object{"bot": object{
				"id": b.ID, "deleted": b.gone, "name": b.App.manifest.Features.BotUser.DisplayName, "updated": b.Workspace.created,
				"app_id": b.App.ID, "user_id": b.UserID, "icons": object{},
			}}, nil
		}
	}
	return nil, refuse("bot_not_found")
}

func teamInfo(r *request) (object, error) {
	w := r.bot.Workspace
	return object{"team": object{
		"id": w.ID, "name": w.Name, "domain": w.Domain, "url": "https://" + w.Domain + ".slack.com/", "email_domain": "", "icon": object{"image_default": true},
	}}, nil
}

func userInfo(r *request) (object, error) {
	w, id := r.bot.Workspace, r.args["user"]
	for _, u := range w.users {
		if u.ID == id {
			return object{"user": u.profile(w, r.args.flag("include_locale"))}, nil
		}
	}
	for _, b := range w.bots {
		if b.UserID == id {
			return object{"user": b.profile()}, nil
		}
	}
	return nil, refuse("user_not_found")
}

// userList gives the workspace's own people and bots.
func userList(r *request) (object, error) {
	w := r.bot.Workspace
	found := []object{}
	for _, u := range w.users {
		if u.home == w {
			found = append(found, u.profile(w, r.args.flag("include_locale")))
		}
	}
	for _, b := range w.bots {
		found = append(found, b.profile())
	}
	members, next, err := page(r, found)
	return object{"members": members, "cache_ts": w.slack.last / 1e6, "response_metadata": next}, err
}

// page is one page of a list, and the cursor of the next.
func page[T any](r *request, list []T) (entries []T, next object, err error) {
	start := 0
	if cursor := r.args["cursor"]; cursor != "" {
		text, ok := decodeCursor(cursor, "next:")
		if start, err = strconv.Atoi(text); !ok || err != nil || start < 0 || start > len(list) {
			return nil, nil, refuse("invalid_cursor")
		}
	}
	limit, err := r.limit()
	if err != nil {
		return nil, nil, err
	}
	end := min(start+limit, len(list))
	cursor := ""
	if end < len(list) {
		cursor = encodeCursor("next:", strconv.Itoa(end))
	}
	return list[start:end], object{"next_cursor": cursor}, nil
}

// limit is how many entries a page holds.
func (r *request) limit() (int, error) {
	limit := 100
	if asked := r.args["limit"]; asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 0 || n > 1000 {
			return 0, refuse("invalid_limit")
		}
		if n > 0 {
			limit = n
		}
	}
	return min(limit, r.options.PageSize), nil
}

// missing is what Slack says of an argument that is not there.
func missing(name string) error {
	return &refusal{code: "invalid_arguments", messages: []string{fmt.Sprintf("missing required field: %s", name)}}
}
