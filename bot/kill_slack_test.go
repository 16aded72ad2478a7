package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kansbot/adapters/slack"
	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

// TestKilledOnSlack is TestKilled on Slack, in two workspaces with home pages.
//
// Over HTTP a bot that was just born gets all that people do, and much of it.
// Slack's limits are off: who starts again every few moments asks each time who
// is there, and would soon have to wait for the rest of the minute. It is told
// to wait at random instead, and pages are short. Over Socket Mode they are on;
// little happens, and connections break.
func TestKilledOnSlack(t *testing.T) {
	t.Parallel()
	t.Run("requests", func(t *testing.T) {
		t.Parallel()
		newHunt(t, plan{kills: 90, typists: 3, rooms: 12, fuse: 60}, func(h *hunt) crowd {
			return gatherOnSlack(h, true, slacktest.Options{NoLimits: true, PageSize: 10})
		}).run()
	})
	t.Run("Socket Mode", func(t *testing.T) {
		t.Parallel()
		newHunt(t, plan{kills: 15, typists: 3, rooms: 6, fuse: 50, think: 200 * time.Millisecond}, func(h *hunt) crowd {
			return gatherOnSlack(h, false, slacktest.Options{})
		}).run()
	})
}

// slackCrowd is the crowd at an imitation of Slack.
type slackCrowd struct {
	server *slacktest.Slack
	app    *slacktest.App
	bots   []*slacktest.Bot // one in each workspace
	rooms  []slackRoom
	bot    string // address of the process
	signed bool   // by requests, not over Socket Mode
	heard  func()
	client *http.Client

	mu       sync.Mutex
	rand     *rand.Rand
	troubled bool
	troubles map[trouble]int
}

// slackRoom is a channel, with who is in it.
type slackRoom struct {
	*slacktest.Channel
	bot    *slacktest.Bot
	people []*slacktest.User // all of the workspace
}

func gatherOnSlack(h *hunt, signed bool, o slacktest.Options) *slackCrowd {
	s := &slackCrowd{
		server: slacktest.New(o), bot: h.bot, signed: signed, heard: h.heard, client: &http.Client{Timeout: 3 * time.Second},
		rand: rand.New(rand.NewPCG(h.seed, 0)), troubles: map[trouble]int{},
	}
	h.Cleanup(s.server.Close)
	s.app = s.server.App(slacktest.Manifest("/signaal", "/actie", "/kernteam"))
	var rooms []slackRoom // one in each workspace
	for _, name := range []string{"Noord", "Zuid"} {
		workspace := s.server.Workspace(name)
		room := slackRoom{bot: s.app.Install(workspace)}
		for _, name := range []string{"Anna", "Bram", "Chantal", "Dewi"} {
			room.people = append(room.people, workspace.User(strings.ToLower(name), name, "nl-NL"))
		}
		s.bots, rooms = append(s.bots, room.bot), append(rooms, room)
	}
	for i := range h.rooms {
		room := rooms[i%len(rooms)]
		members := []slacktest.Member{room.bot}
		for _, u := range room.people {
			members = append(members, u)
		}
		room.Channel = room.bot.Workspace.Channel(fmt.Sprint("kernteam-", i), true, members...)
		s.rooms = append(s.rooms, room)
	}
	s.server.SetFault(s.fault)
	return s
}

func (s *slackCrowd) env() []string {
	name, value := "app_token", s.app.Token
	if s.signed {
		name, value = "signing_secret", s.app.Secret()
	}
	return []string{
		"KANSBOT_SLACK_API_URL=" + s.server.APIURL(), "KANSBOT_SLACK_BOT_TOKEN=" + s.bots[0].Token, "KANSBOT_SLACK_" + strings.ToUpper(name) + "=" + value,
		fmt.Sprintf("KANSBOT_SLACK_MORE=[{bot_token: %s, %s: %s}]", s.bots[1].Token, name, value),
	}
}

const (
	undone trouble = "not done, no answer"
	hung   trouble = "done, answer awaited"
	vague  trouble = "429, nobody knows how long"

	snapped trouble = "connection lost"
	warned  trouble = "warning"
	renewed trouble = "refresh_requested"
)

// faults are the troubles of requests. None is done late: when a request reaches
// Slack after who made it has died, and after the next one has looked for its
// message, there are two.
var faults = map[trouble]slacktest.Fault{
	dropped: {Drop: true},
	failed:  {Status: http.StatusInternalServerError},
	undone:  {Undone: true, Drop: true},
	broken:  {Undone: true, Status: http.StatusInternalServerError},
	limited: {Undone: true, Status: http.StatusTooManyRequests, RetryAfter: time.Second},
	vague:   {Undone: true, Status: http.StatusTooManyRequests},
	slow:    {Wait: longestDelay},
	hung:    {Hang: true},
}

// patient are the methods that nobody waits for.
var patient = []string{"chat.postMessage", "chat.update", "views.publish", "conversations.history", "conversations.replies"}

func (s *slackCrowd) fault(c slacktest.Call) slacktest.Fault {
	s.heard()
	kinds := []trouble{dropped, failed, undone, broken, limited, vague, slow}
	if slices.Contains(patient, c.Method) {
		kinds = append(kinds, hung)
	}
	return faults[s.draw(64, kinds...)]
}

// draw decides what goes wrong: one of these, each once in so many times.
func (s *slackCrowd) draw(times int, kinds ...trouble) (what trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.rand.IntN(times); s.troubled && n < len(kinds) {
		what = kinds[n]
		s.troubles[what]++
	}
	return what
}

func (s *slackCrowd) trouble(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubled = on
}

func (s *slackCrowd) failed() string {
	return fmt.Sprint(s.troubles, "; too many requests: ", s.server.Limited())
}

// settle has nothing to wait for, as nothing is done late.
func (s *slackCrowd) settle() {}

func (s *slackCrowd) handles() (list []string) {
	for _, u := range s.rooms[0].people {
		list = append(list, u.Handle)
	}
	return list
}

func (s *slackCrowd) address(room int) chat.To {
	r := s.rooms[room]
	return chat.To{Platform: slack.Name, Workspace: r.bot.Workspace.ID, Channel: r.ID}
}

// online waits until the bot can be reached over Socket Mode, or has it reached
// over HTTP.
func (s *slackCrowd) online(ctx context.Context) error {
	if s.signed {
		return s.app.UseHTTP(ctx, s.bot)
	}
	return s.server.Until(ctx, func() bool { return s.app.Connections() > 0 })
}

// found has the chair look at the home page, too.
func (s *slackCrowd) found(room int) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.online(ctx); err != nil {
		return err
	}
	r := s.rooms[room]
	chair := r.people[0]
	if _, err := chair.Type(ctx, r.Channel, "/kernteam"); err != nil {
		return err
	}
	if err := s.server.Until(ctx, func() bool { return chair.Modal() != nil }); err != nil {
		return err
	}
	problems, err := chair.Submit(ctx, map[string][]string{
		"naam": {"Kernteam De Zwaan"}, "school": {"De Zwaan"}, "gemeente": {"Zwanendam"},
		"soort": {"basisonderwijs"}, "regio": {"midden"}, "taal": {"nl"}, "voorzitter": {chair.ID},
	})
	if err != nil || len(problems) > 0 {
		return fmt.Errorf("%w: %v", err, problems)
	}
	chair.OpenHome(r.bot)
	return s.server.Until(ctx, func() bool { return chair.Home(r.bot) != nil })
}

var errElsewhere = errors.New("the answer comes another way, or not at all")

func (s *slackCrowd) command(room, user int, line string) func() (string, error) {
	r := s.rooms[room]
	if !s.signed {
		return s.typed(r, r.people[user], "/"+line)
	}
	request, err := r.people[user].CommandRequest(r.Channel, "/"+line)
	return func() (string, error) {
		if err != nil {
			return "", err
		}
		again := request.Clone(context.Background())
		if again.Body, err = request.GetBody(); err != nil {
			return "", err
		}
		asked := time.Now()
		got, err := s.client.Do(again)
		if err != nil {
			return "", err
		}
		defer got.Body.Close()
		body, err := io.ReadAll(got.Body)
		s.heard()
		if err != nil || got.StatusCode != http.StatusOK {
			return "", fmt.Errorf("status %d, %w", got.StatusCode, err)
		}
		if len(body) == 0 && time.Since(asked) > time.Second {
			return "", errElsewhere
		}
		answer := slacktest.Message{Channel: r.Channel}
		if len(body) > 0 {
			err = json.Unmarshal(body, &answer)
		}
		return answer.Read(), err
	}
}

// typed is a command over Socket Mode, which Slack sends once. Now and then the
// connections break, or are to be renewed.
func (s *slackCrowd) typed(r slackRoom, who *slacktest.User, line string) func() (string, error) {
	switch end := s.draw(50, snapped, warned, renewed); end {
	case snapped:
		s.app.Drop()
	case warned, renewed:
		s.app.Disconnect(string(end))
	}
	sent := false
	return func() (string, error) {
		if sent {
			return "", errElsewhere
		}
		sent = true
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.online(ctx); err != nil {
			return "", err
		}
		m, err := who.Type(context.Background(), r.Channel, line)
		s.heard()
		if err != nil || m == nil {
			return "", err
		}
		return m.Read(), nil
	}
}

var buttonShown = regexp.MustCompile(`\[([^\[\]]+)\]`)

func (s *slackCrowd) press(r *rand.Rand, user int) (room int, answer string, err error) {
	ctx := context.Background() // Slack waits for three seconds
	room = r.IntN(len(s.rooms))
	at, who := s.rooms[room], s.rooms[room].people[0]
	text, press := who.Home(at.bot).Read(), func(button string) error { return who.PressHome(ctx, at.bot, button) }
	if messages := flat(at.Messages()); len(messages) > 0 && r.IntN(4) > 0 {
		m := messages[r.IntN(len(messages))]
		text, press = m.Read(), func(button string) error { return at.people[user].Press(ctx, m, button) }
	}
	buttons := buttonShown.FindAllStringSubmatch(text, -1)
	if len(buttons) == 0 {
		return 0, "", errNoButton
	}
	return room, "", press(buttons[r.IntN(len(buttons))][1])
}

// after are the ephemeral messages.
func (s *slackCrowd) after(room int) (answers []string) {
	for _, u := range s.rooms[room].people {
		for _, m := range u.Ephemerals(s.rooms[room].Channel) {
			answers = append(answers, m.Read())
		}
	}
	return answers
}

// flat puts replies among the messages, the oldest first.
func flat(messages []slacktest.Message) (all []slacktest.Message) {
	for _, m := range messages {
		all = append(append(all, m), m.Replies...)
	}
	slices.SortFunc(all, func(a, b slacktest.Message) int { return strings.Compare(a.TS, b.TS) })
	return all
}

func (s *slackCrowd) shown() (list []posted) {
	for i, r := range s.rooms {
		list = append(list, conversationOf(s.address(i), r.Channel)...)
	}
	for i, b := range s.bots {
		for _, u := range s.rooms[i].people {
			to := chat.To{Platform: slack.Name, Workspace: b.Workspace.ID, User: u.ID}
			list = append(list, conversationOf(to, u.DM(b))...)
			if page := u.Home(b); page != nil {
				to.Home = true
				id := chat.PostID("home/" + u.ID)
				list = append(list, posted{id: id, to: to, key: string(id), text: letters(page.Read())})
			}
		}
	}
	return list
}

func conversationOf(to chat.To, c *slacktest.Channel) (list []posted) {
	for _, m := range flat(c.Messages()) {
		p := posted{id: chat.PostID(c.ID + "/" + m.TS), to: to, text: letters(m.Read())}
		if m.Metadata != nil {
			p.key, _ = m.Metadata.EventPayload["key"].(string)
		}
		if m.Thread != "" {
			p.root = chat.PostID(c.ID + "/" + m.Thread)
		}
		list = append(list, p)
	}
	return list
}
