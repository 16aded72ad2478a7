package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"kansbot/adapters/practice"
	"kansbot/bot/command"
	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// practiceStage plays in a practice room that nobody looks at.
func practiceStage(*testing.T) func(*testscript.TestScript, *scene) stage {
	return func(*testscript.TestScript, *scene) stage { return &practicePlay{} }
}

type practicePlay struct {
	room *practice.Room
	here []string
}

const playChannel = "kernteam"

func (p *practicePlay) wire(ctx context.Context, a *app) (wired, error) {
	if p.here == nil {
		p.here = slices.DeleteFunc(slices.Clone(castNames), func(name string) bool { return name == "hugo" })
	}
	var err error
	p.room, err = practice.New(ctx, practice.Options{
		DB: a.db, Clock: roomClock{app: a}, Location: amsterdam, People: castPeople(),
		Channels: []practice.Channel{{ID: playChannel, Name: playChannel, Members: slices.Clone(p.here)}},
		Usages:   func(locale string) []chat.Usage { return command.Usages(text.Of(locale)) },
		Try:      tryFirst, Log: a.log,
	})
	return wired{
		Platform: p.room, routes: func(*http.ServeMux) {}, state: func() state { return state{connected: 1} },
		begin: func(context.Context) error { return nil },
	}, err
}

func castPeople() []practice.Person {
	list := slices.Clone(people)
	return append(list, practice.Person{Person: chat.Person{ID: "hugo", Handle: "hugo", Name: "Hugo Prins"}, Role: "gast"})
}

func (p *practicePlay) types(user, line string) error {
	return p.room.Type(context.Background(), p.seat(user), line)
}

func (p *practicePlay) seat(user string) practice.Seat {
	return practice.Seat{User: user, Channel: playChannel}
}

func (p *practicePlay) sends(user string, form chat.Form, values map[string][]string) (map[string]string, error) {
	if err := p.room.Submit(context.Background(), user, form.ID, values); err != nil {
		return nil, err
	}
	if open := p.room.Form(user); open != nil && open.ID == form.ID {
		return open.Problems, nil
	}
	return nil, nil
}

func (p *practicePlay) presses(user, post, button string) error {
	newest := func(threads []practice.Thread) (id chat.PostID) {
		for _, thread := range threads {
			for _, q := range append([]practice.Post{thread.Post}, thread.Replies...) {
				if words(asRead(q.Body), post) && words(asRead(q.Body), "["+button+"]") {
					id = q.ID
				}
			}
		}
		return id
	}
	if id := newest(p.room.Posts(playChannel)); id != "" {
		return p.room.Press(context.Background(), p.seat(user), string(id), button)
	}
	if id := newest(p.room.Direct(user)); id != "" {
		return p.room.Press(context.Background(), practice.Seat{User: user}, string(id), button)
	}
	return fmt.Errorf("no post with %q and a button %q", post, button)
}

func (p *practicePlay) opens(user string) error {
	return p.room.Type(context.Background(), practice.Seat{User: user}, "hallo")
}

func (p *practicePlay) joins(user string) (again bool, err error) {
	p.here = append(p.here, user)
	return true, nil
}

func (p *practicePlay) id(user string) string { return user }

func (p *practicePlay) leaves(user string) (again bool, err error) {
	p.here = slices.DeleteFunc(p.here, func(name string) bool { return name == user })
	return true, nil
}

func (p *practicePlay) sees(user string, reply chat.Reply) (string, error) {
	if len(reply.Body) == 0 {
		return "", nil
	}
	all := p.room.Only(user)
	return asRead(all[len(all)-1].Body), nil
}

func (p *practicePlay) channel() ([]shown, error) { return threads(p.room.Posts(playChannel)), nil }

func (p *practicePlay) direct(user string) ([]shown, error) {
	return threads(p.room.Direct(user)), nil
}

func threads(list []practice.Thread) []shown {
	var posts []shown
	for _, t := range list {
		post := shown{text: asRead(t.Body)}
		for _, r := range t.Replies {
			post.replies = append(post.replies, shown{text: asRead(r.Body)})
		}
		posts = append(posts, post)
	}
	return posts
}

// asRead is a message in the words that a person reads.
func asRead(m chat.Message) string {
	var lines []string
	for _, block := range m {
		switch block.Kind {
		case chat.Bullets:
			for _, item := range block.Items {
				lines = append(lines, "- "+spans(item))
			}
		case chat.Numbers:
			for i, item := range block.Items {
				lines = append(lines, fmt.Sprintf("%d. %s", i+1, spans(item)))
			}
		case chat.Buttons:
			line := ""
			for _, b := range block.Buttons {
				line += "[" + b.Label + "] "
			}
			lines = append(lines, line)
		case chat.Choices:
			for _, c := range block.Choices {
				lines = append(lines, c.Line)
			}
		default:
			lines = append(lines, spans(block.Text))
		}
	}
	return strings.Join(lines, "\n")
}

func spans(list []chat.Span) string {
	var b strings.Builder
	for _, s := range list {
		if s.Style == chat.Mention {
			b.WriteString("@" + s.User)
			continue
		}
		b.WriteString(s.Text)
	}
	return b.String()
}
