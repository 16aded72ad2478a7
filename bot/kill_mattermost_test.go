package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/adapters/mattermost"
	"kansbot/internal/chat"
)

// What follows makes a crowd of the imitation of Mattermost: what people do
// there, which the server sends to the bot, and what they see.

func (s *imitation) env() []string {
	return []string{
		"KANSBOT_MATTERMOST_URL=" + s.URL, "KANSBOT_MATTERMOST_TOKEN=" + imitationToken,
		"KANSBOT_MATTERMOST_COMMAND_TOKENS={signaal: " + commandToken("signaal") + ", actie: " + commandToken("actie") + ", kernteam: " + commandToken("kernteam") + "}",
		"KANSBOT_MATTERMOST_ACTION_SECRET=" + strings.Repeat("a1", 20), "KANSBOT_MATTERMOST_DIALOG_SECRET=" + strings.Repeat("d2", 20),
	}
}

func (s *imitation) handles() (list []string) {
	for _, u := range s.people {
		list = append(list, u.Username)
	}
	return list
}

func (s *imitation) address(room int) chat.To {
	return chat.To{Platform: mattermost.Name, Channel: s.rooms[room].Id}
}

func (s *imitation) found(room int) error {
	chair, trigger := s.people[0], s.trigger()
	if _, err := s.types(room, 0, "kernteam", trigger); err != nil {
		return err
	}
	s.mu.Lock()
	form, opened := s.dialogs[trigger]
	s.mu.Unlock()
	if !opened {
		return errors.New("no form was opened")
	}
	_, err := s.sendJSON(form.URL, model.SubmitDialogRequest{
		Type: "dialog_submission", State: form.Dialog.State, UserId: chair.Id, ChannelId: s.rooms[room].Id, Submission: map[string]any{
			"naam": "Kernteam De Zwaan", "school": "De Zwaan", "gemeente": "Zwanendam",
			"soort": "basisonderwijs", "regio": "midden", "taal": "nl", "voorzitter": chair.Id,
		},
	})
	return err
}

func (s *imitation) command(room, user int, line string) func() (string, error) {
	trigger := s.trigger()
	return func() (string, error) { return s.types(room, user, line, trigger) }
}

func (s *imitation) types(room, user int, line, trigger string) (answer string, err error) {
	name, rest, _ := strings.Cut(line, " ")
	form := url.Values{
		"command": {"/" + name}, "text": {rest}, "token": {commandToken(name)}, "trigger_id": {trigger},
		"user_id": {s.people[user].Id}, "user_name": {s.people[user].Username}, "channel_id": {s.rooms[room].Id}, "channel_name": {s.rooms[room].Name},
	}
	return s.send(s.bot+"/mattermost/command", "application/x-www-form-urlencoded", []byte(form.Encode()), "Token "+commandToken(name))
}

func commandToken(command string) string { return "token" + command }

func (s *imitation) trigger() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.triggers++
	return fmt.Sprint("trigger", s.triggers)
}

var errNoButton = errors.New("there is no button")

func (s *imitation) press(r *rand.Rand, user int) (room int, answer string, err error) {
	posts := s.all()
	if len(posts) == 0 {
		return 0, "", errNoButton
	}
	post := posts[r.IntN(len(posts))]
	room = slices.IndexFunc(s.rooms, func(c *model.Channel) bool { return c.Id == post.ChannelId })
	for _, a := range post.Attachments() {
		if len(a.Actions) == 0 || room < 0 {
			continue
		}
		action := a.Actions[r.IntN(len(a.Actions))]
		answer, err = s.sendJSON(action.Integration.URL, model.PostActionIntegrationRequest{
			UserId: s.people[user].Id, UserName: s.people[user].Username, ChannelId: post.ChannelId, PostId: post.Id,
			TriggerId: s.trigger(), Type: "button", Context: action.Integration.Context,
		})
		return room, answer, err
	}
	return 0, "", errNoButton
}

func (s *imitation) sendJSON(url string, v any) (answer string, err error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return s.send(url, "application/json", body, "")
}

func (s *imitation) send(url, contentType string, body []byte, authorization string) (answer string, err error) {
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", authorization)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var said struct {
		Text          string            `json:"text"`
		EphemeralText string            `json:"ephemeral_text"`
		Error         string            `json:"error"`
		Errors        map[string]string `json:"errors"`
	}
	err = json.NewDecoder(resp.Body).Decode(&said)
	s.heard()
	if resp.StatusCode != http.StatusOK || said.Error != "" || len(said.Errors) > 0 {
		err = fmt.Errorf("status %d, %s %v", resp.StatusCode, said.Error, said.Errors)
	}
	return said.Text + said.EphemeralText, err
}

// after has none: the server takes answers with what they answer, only.
func (s *imitation) after(int) []string { return nil }

func (s *imitation) shown() (list []posted) {
	for _, p := range s.all() {
		key, _ := p.GetProp("kansbot_key").(string)
		to := chat.To{Platform: mattermost.Name, Channel: p.ChannelId}
		for _, u := range s.people {
			if p.ChannelId == directRoom(u.Id) {
				to = chat.To{Platform: mattermost.Name, User: u.Id}
			}
		}
		list = append(list, posted{chat.PostID(p.Id), to, key, chat.PostID(p.RootId), readable(p)})
	}
	return list
}

func readable(p *model.Post) string {
	var b strings.Builder
	b.WriteString(p.Message)
	for _, a := range p.Attachments() {
		b.WriteString(a.Text)
		for _, action := range a.Actions {
			b.WriteString(action.Name)
		}
	}
	return letters(b.String())
}

func (s *imitation) failed() string { return fmt.Sprint(s.troubles) }
