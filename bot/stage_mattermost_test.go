package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
	"github.com/rogpeppe/go-internal/testscript"

	"kansbot/adapters/mattermost"
	"kansbot/adapters/mattermost/mmtest"
	"kansbot/bot/command"
	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// mattermostStage plays on a real Mattermost server, from the outside: people
// act through its API and read from its WebSocket. Each transcript has a team,
// a channel and a bot of its own.
func mattermostStage(t *testing.T) func(*testscript.TestScript, *scene) stage {
	server := mmtest.Start(t)
	return func(ts *testscript.TestScript, s *scene) stage {
		p := &mattermostPlay{server: server, scene: s, users: map[string]*mmtest.User{}, dialogs: map[string]*model.OpenDialogRequest{}, asked: map[string]string{}}
		team := server.NewTeam(ts, "swv")
		var members []string
		for i, name := range castNames {
			u := server.NewUser(ts, team, name)
			p.users[name] = u
			p.name(ts, u, castPeople()[i].Name)
			if name != "hugo" {
				members = append(members, u.ID)
			}
		}
		// A server has room for so many active accounts.
		ts.Defer(func() {
			for _, u := range p.users {
				server.Admin.UpdateUserActive(context.Background(), u.ID, false)
			}
		})
		p.room = server.NewChannel(ts, team, "kernteam", true, members...)
		p.at = freeAddress(ts)
		var err error
		p.settings, err = mattermost.Setup(context.Background(), mattermost.SetupOptions{
			URL: server.URL, AdminToken: server.AdminToken, Team: team.Name, Channels: []string{p.room.Name},
			PublicURL: "http://" + p.at, Usages: command.Usages(text.NL), BotName: "kansbot-" + team.Name,
		}, io.Discard)
		ts.Check(err)
		return p
	}
}

// patience is how long what the server has to pass on may take; only a failing
// test waits for it.
const patience = 20 * time.Second

type mattermostPlay struct {
	server   *mmtest.Server
	scene    *scene
	room     *model.Channel
	users    map[string]*mmtest.User
	settings mattermost.Settings
	at       string
	bot      string // its user id
	dialogs  map[string]*model.OpenDialogRequest
	asked    map[string]string // what opened the form that somebody has before them
	last     string            // what was done last
}

func (p *mattermostPlay) name(ts *testscript.TestScript, u *mmtest.User, full string) {
	first, last, _ := strings.Cut(full, " ")
	_, _, err := p.server.Admin.PatchUser(context.Background(), u.ID, &model.UserPatch{FirstName: &first, LastName: &last})
	ts.Check(err)
}

func (p *mattermostPlay) address() string { return p.at }

func (p *mattermostPlay) wire(_ context.Context, a *app) (wired, error) {
	adapter, err := mattermost.New(p.settings, time.Now, a.log)
	if err != nil {
		return wired{}, err
	}
	return wiredMattermost(adapter, a), nil
}

// handles writes @anna as the user is called on this server.
func (p *mattermostPlay) handles(s string) string {
	return castMention.ReplaceAllStringFunc(s, func(m string) string {
		if u := p.users[strings.ToLower(m[1:])]; u != nil {
			return "@" + u.Username
		}
		return m
	})
}

var castMention = regexp.MustCompile(`@[A-Za-z]+\b`)

// readable is the text as people read it on this server, with the names of the
// transcript.
func (p *mattermostPlay) readable(s string) string {
	for name, u := range p.users {
		s = strings.ReplaceAll(s, "@"+u.Username, "@"+name)
		s = strings.ReplaceAll(s, "@\u200b"+u.Username, "@"+name)
	}
	s = ourLink.ReplaceAllString(s, "$1")
	s = markup.Replace(quote.ReplaceAllString(invisible.ReplaceAllString(s, ""), ""))
	return escapes.ReplaceAllString(s, "$1")
}

var (
	escapes   = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")
	ourLink   = regexp.MustCompile(`\[([^\]]*)\]\(http://[^)\s]*/pagina/[^)\s]*\)`)
	quote     = regexp.MustCompile(`(?m)^> `)
	invisible = regexp.MustCompile(`[\x{200b}-\x{200f}\x{2060}\x{feff}]`)
	markup    = strings.NewReplacer("**", "", "~~", "", "#### ", "", "```\n", "", "\n```", "", "`", "")
)

func (p *mattermostPlay) types(user, line string) error {
	p.last = "types"
	_, err := p.users[user].Command(p.room.Id, "", p.handles(line))
	return err
}

func (p *mattermostPlay) sends(user string, form chat.Form, values map[string][]string) (map[string]string, error) {
	// An answer to a form that a button opened has no other way than a direct
	// message.
	if p.last = "types"; p.asked[user] == "presses" {
		p.last = "opens"
	}
	entered := map[string]any{}
	for _, f := range form.Fields {
		if f.Kind == chat.Many {
			if len(values[f.Name]) > 0 {
				entered[f.Name] = values[f.Name]
			}
			continue
		}
		entered[f.Name] = ""
		if len(values[f.Name]) > 0 {
			entered[f.Name] = p.handles(values[f.Name][0])
		}
	}
	response, err := p.users[user].Submit(p.dialogs[user], entered)
	if err != nil {
		return nil, err
	}
	problems := map[string]string{}
	for name, problem := range response.Errors {
		problems[name] = problem
	}
	if response.Error != "" {
		problems[""] = response.Error
	}
	return problems, nil
}

func (p *mattermostPlay) presses(user, post, button string) error {
	p.last = "presses"
	for _, channel := range []func() (string, error){
		func() (string, error) { return p.room.Id, nil },
		func() (string, error) { return p.users[user].DM(p.botID()) },
	} {
		id, err := channel()
		if err != nil {
			return err
		}
		posts, err := p.server.Posts(id)
		if err != nil {
			return err
		}
		for _, q := range slices.Backward(posts) {
			if text := p.post(q); words(text, post) && words(text, "["+button+"]") {
				return p.users[user].Press(q.Id, button)
			}
		}
	}
	return fmt.Errorf("no post with %q and a button %q", post, button)
}

func (p *mattermostPlay) opens(user string) error {
	p.last = "opens"
	id, err := p.users[user].DM(p.botID())
	if err == nil {
		_, _, err = p.users[user].Client.CreatePost(context.Background(), &model.Post{ChannelId: id, Message: "hallo"})
	}
	for deadline := time.Now().Add(patience); err == nil && !p.heard(user); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			err = fmt.Errorf("the bot never heard %s", user)
		}
	}
	return err
}

// heard: the bot has answered what the user did; a post reaches it by way of
// the server's WebSocket.
func (p *mattermostPlay) heard(user string) bool {
	p.scene.mu.Lock()
	defer p.scene.mu.Unlock()
	_, heard := p.scene.replies[p.id(user)]
	return heard
}

func (p *mattermostPlay) joins(user string) (again bool, err error) {
	_, _, err = p.server.Admin.AddChannelMember(context.Background(), p.room.Id, p.users[user].ID)
	return false, err
}

func (p *mattermostPlay) id(user string) string { return p.users[user].ID }

func (p *mattermostPlay) leaves(user string) (again bool, err error) {
	_, err = p.server.Admin.RemoveUserFromChannel(context.Background(), p.room.Id, p.users[user].ID)
	return false, err
}

func (p *mattermostPlay) sees(user string, reply chat.Reply) (string, error) {
	u := p.users[user]
	if reply.Form != nil {
		dialog, err := u.WaitDialog(patience)
		if err != nil {
			return "", err
		}
		p.dialogs[user], p.asked[user] = dialog, p.last
	}
	if len(reply.Body) == 0 {
		return "", nil
	}
	if p.last == "opens" { // an answer has no key, unlike what the bot posts of itself
		post, err := u.WaitPost(patience, func(q *model.Post) bool {
			return q.UserId == p.botID() && q.ChannelId != p.room.Id && q.Type == "" && q.GetProp("kansbot_key") == nil
		})
		if err != nil {
			return "", err
		}
		return p.post(post), nil
	}
	post, err := u.WaitEphemeral(patience)
	if err != nil {
		return "", err
	}
	return p.readable(post.Message), nil
}

func (p *mattermostPlay) botID() string {
	if p.bot == "" {
		client := model.NewAPIv4Client(p.server.URL)
		client.SetToken(p.settings.Token)
		if me, _, err := client.GetMe(context.Background(), ""); err == nil {
			p.bot = me.Id
		}
	}
	return p.bot
}

func (p *mattermostPlay) post(q *model.Post) string {
	text := q.Message
	for _, a := range q.Attachments() {
		if a.Text != "" {
			text += "\n" + a.Text
		}
		for _, action := range a.Actions {
			text += " [" + action.Name + "]"
		}
	}
	return p.readable(text)
}

func (p *mattermostPlay) channel() ([]shown, error) { return p.posts(p.room.Id) }

func (p *mattermostPlay) direct(user string) ([]shown, error) {
	id, err := p.users[user].DM(p.botID())
	if err != nil {
		return nil, err
	}
	posts, err := p.posts(id)
	for deadline := time.Now().Add(time.Second); err == nil && len(posts) == 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		posts, err = p.posts(id) // a busy server showed such a channel empty once
	}
	return posts, err
}

func (p *mattermostPlay) posts(channel string) ([]shown, error) {
	list, err := p.server.Posts(channel)
	if err != nil {
		return nil, err
	}
	var posts []shown
	for _, q := range list {
		if q.RootId == "" {
			posts = append(posts, shown{text: p.post(q)})
			continue
		}
		last := &posts[len(posts)-1]
		last.replies = append(last.replies, shown{text: p.post(q)})
	}
	return posts, nil
}
