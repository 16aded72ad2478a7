package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kansbot/adapters/slack"
	"kansbot/adapters/slack/slacktest"
	"kansbot/bot/command"
	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// slackStage plays in an imitation of Slack. Each transcript has one of its
// own; over HTTP when signed, else over Socket Mode.
func slackStage(signed bool) func(*testing.T) func(*testscript.TestScript, *scene) stage {
	return func(*testing.T) func(*testscript.TestScript, *scene) stage {
		return func(ts *testscript.TestScript, s *scene) stage {
			p := &slackPlay{scene: s, signed: signed, users: map[string]*slacktest.User{}}
			p.server = slacktest.New(slacktest.Options{NoLimits: true})
			ts.Defer(p.server.Close)
			p.at = freeAddress(ts)

			workspace := p.server.Workspace("De Zwaan")
			p.app = p.server.App(slack.Manifest(command.Usages(text.NL), ""))
			p.bot = p.app.Install(workspace)
			members := []slacktest.Member{p.bot}
			for _, person := range castPeople() {
				u := workspace.User(person.Handle, person.Name, "nl-NL")
				p.users[person.ID] = u
				if person.ID != "hugo" {
					members = append(members, u)
				}
			}
			p.room = workspace.Channel("kernteam", true, members...)
			return p
		}
	}
}

type slackPlay struct {
	scene      *scene
	server     *slacktest.Slack
	app        *slacktest.App
	bot        *slacktest.Bot
	room       *slacktest.Channel
	users      map[string]*slacktest.User
	signed     bool
	at         string
	switchOver sync.Once

	directly bool               // the answer to what was done last is a direct message
	place    *slacktest.Channel // where the last answer is otherwise
	before   int                // answers that were there before
}

func (p *slackPlay) address() string { return p.at }

func (p *slackPlay) wire(_ context.Context, a *app) (wired, error) {
	settings := slack.App{BotTokens: []string{p.bot.Token}}
	if p.signed {
		settings.SigningSecrets = []string{p.app.Secret()}
	} else {
		settings.Token = p.app.Token
	}
	adapter, err := slack.New(slack.Settings{APIURL: p.server.APIURL(), Apps: []slack.App{settings}, Pace: slack.Pace{Unlimited: true}}, time.Now, a.log)
	if err != nil {
		return wired{}, err
	}
	return wiredSlack(adapter, a), nil
}

// does waits until the bot can be reached, and then does something as user.
func (p *slackPlay) does(user string, directly bool, do func(context.Context, *slacktest.User) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.online(ctx); err != nil {
		return err
	}
	p.directly = directly
	p.before = len(p.answers(user))
	return do(ctx, p.users[user])
}

func (p *slackPlay) online(ctx context.Context) (err error) {
	if p.signed {
		p.switchOver.Do(func() { err = p.app.UseHTTP(ctx, "http://"+p.at) })
		return err
	}
	return p.server.Until(ctx, func() bool { return p.app.Connections() > 0 })
}

// answers are what the bot told only user.
func (p *slackPlay) answers(user string) []slacktest.Message {
	if !p.directly {
		return p.users[user].Ephemerals(p.place)
	}
	return slices.DeleteFunc(p.users[user].DM(p.bot).Messages(), func(m slacktest.Message) bool { return m.Bot == nil })
}

func (p *slackPlay) types(user, line string) error {
	p.place = p.room
	return p.does(user, false, func(ctx context.Context, u *slacktest.User) error {
		_, err := u.Type(ctx, p.room, line)
		return err
	})
}

func (p *slackPlay) sends(user string, form chat.Form, values map[string][]string) (problems map[string]string, err error) {
	err = p.does(user, false, func(ctx context.Context, u *slacktest.User) error {
		problems, err = u.Submit(ctx, values)
		return err
	})
	if len(problems) > 0 { // what is wrong with the form as a whole stands at a field here
		var all []string
		for _, problem := range problems {
			all = append(all, problem)
		}
		problems[""] = strings.Join(all, "\n")
	}
	return problems, err
}

func (p *slackPlay) presses(user, post, button string) error {
	var newest slacktest.Message
	for _, p.place = range []*slacktest.Channel{p.room, p.users[user].DM(p.bot)} {
		for _, m := range p.place.Messages() {
			for _, m := range append([]slacktest.Message{m}, m.Replies...) {
				if text := m.Read(); m.TS > newest.TS && words(text, post) && words(text, "["+button+"]") {
					newest = m
				}
			}
		}
		if newest.TS != "" {
			break
		}
	}
	if newest.TS == "" {
		return fmt.Errorf("no post with %q and a button %q", post, button)
	}
	return p.does(user, false, func(ctx context.Context, u *slacktest.User) error {
		err := u.Press(ctx, newest, button)
		for err == nil && !p.heard(user) && len(p.answers(user)) == p.before { // a press is acknowledged before it is handled
			time.Sleep(time.Millisecond)
			err = ctx.Err()
		}
		return err
	})
}

// heard: the bot has answered what the user did.
func (p *slackPlay) heard(user string) bool {
	p.scene.mu.Lock()
	defer p.scene.mu.Unlock()
	_, heard := p.scene.replies[p.id(user)]
	return heard
}

func (p *slackPlay) opens(user string) error {
	return p.does(user, true, func(ctx context.Context, u *slacktest.User) error {
		if _, err := u.Write(u.DM(p.bot), "hallo", ""); err != nil {
			return err
		}
		return p.server.Until(ctx, func() bool { return len(p.answers(user)) > p.before })
	})
}

func (p *slackPlay) joins(user string) (again bool, err error) {
	return false, p.does(user, false, func(context.Context, *slacktest.User) error {
		p.room.Invite(p.users["anna"], p.users[user])
		return nil
	})
}

func (p *slackPlay) id(user string) string { return p.users[user].ID }

func (p *slackPlay) leaves(user string) (again bool, err error) {
	return false, p.does(user, false, func(context.Context, *slacktest.User) error {
		p.room.Remove(p.users[user])
		return nil
	})
}

func (p *slackPlay) sees(user string, reply chat.Reply) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if reply.Form != nil {
		err := p.server.Until(ctx, func() bool {
			v := p.users[user].Modal()
			return v != nil && v.PrivateMetadata == reply.Form.ID
		})
		if err != nil {
			return "", fmt.Errorf("the form did not open: %w", err)
		}
	}
	if len(reply.Body) == 0 {
		return "", nil
	}
	if err := p.server.Until(ctx, func() bool { return len(p.answers(user)) > p.before }); err != nil {
		return "", fmt.Errorf("the answer did not come: %w", err)
	}
	all := p.answers(user)
	text := all[len(all)-1].Read()
	for _, b := range reply.Body {
		for _, c := range b.Choices { // a button here, which types the line
			text = strings.Replace(text, "["+c.Label+"]", c.Line, 1)
		}
	}
	return text, nil
}

func (p *slackPlay) channel() ([]shown, error) { return conversation(p.room.Messages()), nil }

func (p *slackPlay) direct(user string) ([]shown, error) {
	return conversation(p.users[user].DM(p.bot).Messages()), nil
}

func conversation(messages []slacktest.Message) (posts []shown) {
	for _, m := range messages {
		posts = append(posts, shown{m.Read(), conversation(m.Replies)})
	}
	return posts
}
