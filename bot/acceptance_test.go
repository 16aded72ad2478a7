package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/adapters/bolt"
	"kansbot/internal/kv"
)

// The program on a real server, seen from outside only: an administrator sets
// it up, a kernteam lives through a Kans!overleg and what follows, over the
// change to summer time, while the program is killed again and again, and at
// the end people who mean harm try theirs.
func TestFromOutside(t *testing.T) {
	o := newOperator(t, 2027, "2027-02-15T08:00", "anna", "bram", "chantal", "emre", "mallory")
	o.checks()
	o.founds()
	o.signals()
	o.meets()
	o.followsUp()
	o.nothingTwice()
	t.Logf("killed %d times", o.kills)
	o.survivesHarm()
	o.stopsWell()
}

// checks is what an administrator sees before and after the first start, and
// when the server is away.
func (o *operator) checks() {
	check := []string{"check", "--config", o.config}
	o.shell(1, "Controleer public_url, de proxy en of Kansbot draait.", check...)
	o.serve()
	o.shows("ik ben Kansbot")
	if printed := o.shell(0, "ok    gegevens: Kansbot draait, en schrijft\n", check...); strings.Contains(printed, "FOUT") || !strings.Contains(printed, "DIT IS EEN OEFENING") {
		o.t.Errorf("all is well, and check says\n%s", printed)
	}
	away := "http://" + freeAddress(o.t)
	o.shell(1, "/ Controleer het adres, het netwerk en of de server draait.", append([]string{"KANSBOT_MATTERMOST_URL=" + away}, check...)...)
}

func (o *operator) founds() {
	ready := func() bool { return !words(o.reads("anna", "/kernteam wie"), "nog geen kernteam") }
	o.fills("anna", "Jullie kernteam", func() error { _, err := o.says("anna", "/kernteam"); return err }, map[string]any{
		"naam": "Kernteam De Zwaan", "school": "De Zwaan", "gemeente": "Zwanendam", "soort": "basisonderwijs",
		"regio": "midden", "taal": "nl", "voorzitter": o.users["anna"].ID,
	}, ready)
	o.shows("Kernteam De Zwaan is klaar om te beginnen")
	next := func(when string) func() bool {
		return func() bool { return words(o.reads("anna", "/kansoverleg"), when) }
	}
	o.enters("anna", "/kansoverleg plan elke 6 weken op dinsdag om 13:30", "dinsdag 16 februari om 13:30", next("dinsdag 16 februari om 13:30"))
	o.enters("anna", "/kansoverleg overslaan", "gaat niet door", next("dinsdag 30 maart om 13:30"))
	o.shows("dinsdag 30 maart om 13:30")
}

func (o *operator) signals() {
	logged := func(nr int) func() bool {
		return func() bool { return words(o.reads("anna", "/signaal lijst alles"), fmt.Sprintf(" %d K-", nr)) }
	}
	o.enters("bram", "/signaal nieuw begint niet aan een taak als het moeilijk lijkt #leren | ouders: geïnformeerd", "signaal 1 over K-001", logged(1))
	o.enters("chantal", "/signaal nieuw moe op maandag #gezond", "signaal 2 over K-002", logged(2))
	o.fills("anna", "Een signaal", func() error { _, err := o.says("anna", "/signaal"); return err }, map[string]any{
		"casus": "K", "soort": "zorg", "gezien": "slaapt slecht in toetsweken", "ouders": "geïnformeerd", "haast": "eerder",
	}, logged(3))
	o.enters("emre", "/signaal nieuw gumt alles uit #leren", "signaal 4 over K-004", logged(4))
	o.enters("bram", "/signaal K-001 durft nu zelf hulp te vragen #succes", "signaal 5 over K-001", logged(5))
	o.shows("Signaal 1: K-001", "Signaal 2: K-002", "Signaal 3: K-003", "Signaal 4: K-004", "Signaal 5: K-001")
}

// dawns goes to a minute before a moment, when these texts are not there yet,
// and on to that moment, when they are.
func (o *operator) dawns(before, at string, texts ...string) {
	o.t.Helper()
	o.until(before)
	if o.has(texts...) {
		o.t.Errorf("%q was there at %s", texts, before)
	}
	o.until(at)
	o.shows(texts...)
}

// meets goes from the first reminder to the agreements. In between are Good
// Friday and Easter Monday, and on 28 March the clock goes forward; 08:30 stays
// 08:30.
func (o *operator) meets() {
	o.dawns("2027-03-23T08:29", "2027-03-23T08:30", "Wat wil je bespreken")
	o.dawns("2027-03-24T08:29", "2027-03-24T08:30", "Agenda Kans!overleg, dinsdag 30 maart om 13:30", "Eerst een succes: K-001", "K-003", "K-001", "K-002")
	o.clicks("bram", "Agenda Kans!overleg", "Ik ben erbij", func() bool { return o.has("Agenda Kans!overleg", "Erbij: bram") })
	o.dawns("2027-03-30T08:29", "2027-03-30T08:30", "Kans!overleg: dinsdag 30 maart om 13:30", "Nog geen antwoord van: anna")
	o.dawns("2027-03-30T13:14", "2027-03-30T13:15", "begint het Kans!overleg. Druk dan op Start, of typ /kansoverleg start")

	running := func() bool { return words(o.reads("anna", "/kansoverleg"), "is bezig") }
	o.clicks("anna", "om 13:30 begint", "Start", running)
	o.clicks("anna", "K-003 (zorg · graag eerder,", "Besproken", func() bool { return o.has("K-003 (zorg · graag eerder,", "Besproken (anna") })
	o.clicks("bram", "K-002 (zorg · Gezond,", "Doorschuiven", func() bool { return o.has("K-002 (zorg · Gezond,", "Gaat mee naar de volgende keer (bram") })
	agreed := func(what string) func() bool {
		return func() bool { return words(o.reads("anna", "/actie lijst"), what) }
	}
	o.fills("anna", "Een actie", func() error { return o.presses("anna", "K-001 (zorg · Leren en groeien,", "Actie maken") }, map[string]any{
		"wie": o.users["bram"].ID, "wat": "begint elke taak samen", "datum": "vrijdag", "gelukt": "het werk op gang komt",
	}, agreed("begint elke taak samen"))
	o.enters("emre", "/actie @emre vraagt de logopedist om tips voor 9 april", "Actie 2", agreed("vraagt de logopedist"))
	o.enters("anna", "/actie @chantal nodigt ouders uit voor koffie voor 20 april", "Actie 3", agreed("nodigt ouders uit"))
	o.clicks("anna", "K-001 (zorg · Leren en groeien,", "Besproken", func() bool { return o.has("K-001 (zorg · Leren en groeien,", "Besproken (anna") })
	o.enters("anna", "/kansoverleg afronden", "afgerond", func() bool { return !running() })
	o.shows("Afspraken van het Kans!overleg, dinsdag 30 maart", "Besproken:", "K-003", "K-001", "begint elke taak samen", "vraagt de logopedist",
		"nodigt ouders uit", "Gaat mee naar de volgende keer", "K-002", "dinsdag 11 mei om 13:30")
	if agenda := o.reads("anna", "/kansoverleg agenda"); !words(agenda, "dinsdag 11 mei", "K-002") || words(agenda, "K-003") {
		o.t.Errorf("the next agenda is\n%s", agenda)
	}
}

// followsUp closes each action by the button under a reminder, or under the
// action itself.
func (o *operator) followsUp() {
	closed := func(what string) func() bool {
		return func() bool { return !words(o.reads("anna", "/actie lijst"), what) }
	}
	o.dawns("2027-04-02T08:29", "2027-04-02T08:30", "@bram, dit is voor vandaag: begint elke taak samen")
	o.clicks("bram", "dit is voor vandaag: begint elke taak", "Klaar", closed("begint elke taak"))
	o.shows("begint elke taak samen", "Klaar. bram")
	o.dawns("2027-04-06T08:29", "2027-04-06T08:30", "@emre, dit komt eraan: vraagt de logopedist")
	o.clicks("emre", "dit komt eraan: vraagt", "Klaar", closed("vraagt de logopedist"))
	o.clicks("chantal", "@chantal nodigt ouders uit", "Klaar", closed("nodigt ouders uit"))
	if list := o.reads("anna", "/actie lijst"); !words(list, "geen open acties") {
		o.t.Errorf("left to do:\n%s", list)
	}
}

// nothingTwice counts all that the bot ever posted: nothing is missing, and
// nothing is there twice.
func (o *operator) nothingTwice() {
	kinds, keys := map[string]int{}, map[any]bool{}
	for _, p := range o.botPosts() {
		key := p.GetProp("kansbot_key")
		if keys[key] {
			o.t.Errorf("twice: %s\n%s", key, o.post(p))
		}
		keys[key] = true
		kind, _, _ := strings.Cut(fmt.Sprint(key), "/")
		kinds[kind]++
	}
	if want := map[string]int{
		"greeting": 1, "team": 1, "notice": 2, "signal": 5, "points": 1, "agenda": 1, "today": 1, "soon": 1,
		"meeting": 1, "item": 3, "action": 3, "minutes": 1, "own": 3, "remind": 2, "job": 2, "week": 1,
	}; !maps.Equal(kinds, want) {
		o.t.Errorf("posted %v, want %v", kinds, want)
	}
	_, metrics := get(o.t, o.url+"/metrics")
	for _, line := range []string{"\nkansbot_outbox_waiting 0\n", "\nkansbot_outbox_buried 0\n"} {
		if !strings.Contains(metrics, line) {
			o.t.Errorf("the metrics lack %q", line)
		}
	}
}

// botPosts are the bot's, in the channel and to each person, by id.
func (o *operator) botPosts() map[string]*model.Post {
	rooms := []string{o.room.Id}
	for _, u := range o.users {
		room, err := u.DM(o.bot)
		if err != nil {
			o.t.Fatal(err)
		}
		rooms = append(rooms, room)
	}
	found := map[string]*model.Post{}
	for _, room := range rooms {
		posts, err := o.server.Posts(room)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, p := range posts {
			if p.UserId == o.bot && p.GetProp("kansbot_key") != nil {
				found[p.Id] = p
			}
		}
	}
	return found
}

// survivesHarm: whatever strangers and members try, with or without the server
// in between, nothing that is stored or posted changes.
func (o *operator) survivesHarm() {
	mallory, bram := o.users["mallory"], o.users["bram"]
	o.until("2027-05-10T12:00")
	agenda, button := o.agenda("dinsdag 11 mei")
	form := func(user, line string) *model.OpenDialogRequest {
		o.reads(user, line)
		dialog, err := o.users[user].WaitDialog(patience)
		if err != nil {
			o.t.Fatal(err)
		}
		return dialog
	}
	annas, used := form("anna", "/signaal"), form("bram", "/kernteam ik")
	if _, err := bram.Submit(used, map[string]any{"rol": "leerkracht"}); err != nil {
		o.t.Fatal(err)
	}
	guess := strings.Repeat("a", 64)
	hijack := map[string]any{"casus": "K", "soort": "zorg", "gezien": "gekaapt", "ouders": "nog niet", "haast": "wachten"}
	forged := map[string]struct {
		state  string
		values map[string]any
	}{
		"somebody else's form": {annas.Dialog.State, hijack}, "one that was sent in": {used.Dialog.State, map[string]any{"rol": "directeur"}}, "a guess": {guess[:32], hijack},
	}
	mallory.Command(o.room.Id, "", "/begrip") // from where she is not, for all that follows
	before := o.snapshot()

	// Straight at the port.
	signal := "command=%2Fsignaal&text=nieuw+iets&user_id=" + bram.ID + "&channel_id=" + o.room.Id + "&trigger_id=t1"
	press := fmt.Sprintf(`{"user_id":%q,"channel_id":%q,"post_id":%q,"trigger_id":"t2","context":{"do":"meeting.out 3"}}`, bram.ID, o.room.Id, agenda)
	submit := submission(bram.ID, o.room.Id, annas.Dialog.State, hijack)
	const typed, sent = "application/x-www-form-urlencoded", "application/json"
	for _, r := range []struct{ name, method, path, contentType, authorization, body string }{
		{"a command without a token", "POST", "command", typed, "", signal},
		{"a command with a wrong token", "POST", "command", typed, "Token " + guess, signal + "&token=" + guess},
		{"a command with an empty token", "POST", "command", typed, "Token ", signal + "&token="},
		{"a command that is not one of ours", "POST", "command", typed, "Token ", "command=%2Fniets&token="},
		{"a command as JSON", "POST", "command", sent, "", press},
		{"a command by GET", "GET", "command?" + signal, "", "", ""},
		{"a command by PUT", "PUT", "command", typed, "", signal},
		{"much too much", "POST", "command", typed, "", signal + strings.Repeat("&a=b", 1<<20)},
		{"a press with a guessed secret", "POST", "action/" + guess, sent, "", press},
		{"a press without a secret", "POST", "action/", sent, "", press},
		{"a press by GET", "GET", "action/" + guess, "", "", ""},
		{"a press at the forms' address", "POST", strings.TrimPrefix(annas.URL, o.url+"/mattermost/"), sent, "", press},
		{"a form with a guessed secret", "POST", "dialog/" + guess, sent, "", submit},
		{"a form as another type", "POST", strings.TrimPrefix(annas.URL, o.url+"/mattermost/"), typed, "", submit},
		{"a form that is no JSON", "POST", strings.TrimPrefix(annas.URL, o.url+"/mattermost/"), sent, "", "{" + submit},
		{"a way around", "POST", "action/../command", typed, "", signal},
		{"a way around, hidden", "POST", "action/%2e%2e/dialog/" + guess, sent, "", submit},
		{"a file", "GET", "../../../../etc/passwd", "", "", ""},
		{"the folder", "GET", "", "", "", ""},
	} {
		status, answer := o.knocks(r.method, "/mattermost/"+r.path, r.contentType, r.authorization, r.body)
		if status < 400 || status >= 500 || answer != "" && answer != "404 page not found\n" {
			o.t.Errorf("%s: status %d, %q", r.name, status, answer)
		}
	}
	// Who opened a form knows the forms' address, but not what others opened.
	for name, f := range forged {
		for _, u := range []string{mallory.ID, bram.ID} {
			body := submission(u, o.room.Id, f.state, f.values)
			if status, answer := o.knocks("POST", strings.TrimPrefix(annas.URL, o.url), sent, "", body); status != http.StatusOK || !strings.Contains(answer, `"error":"`) {
				o.t.Errorf("%s: status %d, %s", name, status, answer)
			}
		}
	}

	// By way of the server, as who they are.
	ctx := context.Background()
	for name, f := range forged {
		for _, u := range []string{"bram", "mallory"} {
			dialog := *annas
			dialog.Dialog.State, dialog.Dialog.Elements = f.state, nil
			for field := range f.values {
				dialog.Dialog.Elements = append(dialog.Dialog.Elements, model.DialogElement{Name: field, Type: "text"})
			}
			if response, err := o.users[u].Submit(&dialog, f.values); err == nil && response.Error == "" {
				o.t.Errorf("%s sent in %s", u, name)
			}
		}
	}
	for _, target := range []string{o.url + "/mattermost/action/" + guess, annas.URL, o.url + "/mattermost/command", o.url + "/rehearse/advance"} {
		lure, _, err := bram.Client.CreatePost(ctx, &model.Post{ChannelId: o.room.Id, Message: "Agenda Kans!overleg", Props: model.StringInterface{
			"kansbot_key": "agenda/1", model.PostPropsAttachments: []*model.MessageAttachment{{Actions: []*model.PostAction{{
				Id: "lure", Type: model.PostActionTypeButton, Name: "Klaar",
				Integration: &model.PostActionIntegration{URL: target, Context: map[string]any{"do": "meeting.out 3", "by": "24h"}},
			}}}},
		}})
		if err != nil {
			o.t.Fatal(err)
		}
		if err := o.users["anna"].Press(lure.Id, "Klaar"); err == nil {
			o.t.Errorf("anna was lured to %s", target)
		}
	}
	if _, err := mallory.Client.DoPostActionWithCookie(ctx, agenda, button, "", ""); err == nil {
		o.t.Error("mallory pressed a button in a channel that she is not in")
	}

	o.same(before, o.snapshot())
}

// submission is what the server sends for a form.
func submission(user, channel, state string, values map[string]any) string {
	body, err := json.Marshal(model.SubmitDialogRequest{Type: "dialog_submission", UserId: user, ChannelId: channel, State: state, Submission: values})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// knocks sends a request to the bot, past the server.
func (o *operator) knocks(method, path, contentType, authorization, body string) (status int, answer string) {
	request, err := http.NewRequest(method, o.url+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.t.Errorf("%s %s: %v", method, path, err)
		return 0, ""
	}
	defer response.Body.Close()
	content, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(content)
}

// agenda is the post of an agenda, with its last button.
func (o *operator) agenda(day string) (post, button string) {
	for id, p := range o.botPosts() {
		if words(o.post(p), "Agenda Kans!overleg, "+day) {
			for _, a := range p.Attachments() {
				for _, action := range a.Actions {
					button = action.Id
				}
			}
			return id, button
		}
	}
	o.t.Fatalf("no agenda for %s", day)
	return "", ""
}

// snapshot is all that is stored and posted, by key; for the former the bot is
// stopped and started again.
func (o *operator) snapshot() map[string]string {
	o.t.Helper()
	found := map[string]string{}
	for id, p := range o.botPosts() {
		found["post "+id] = fmt.Sprint(o.post(p), p.EditAt)
	}
	o.stop()
	db, err := bolt.Open(filepath.Join(o.dir, "data", "kansbot.db"))
	if err != nil {
		o.t.Fatal(err)
	}
	err = db.View(context.Background(), func(tx kv.Tx) error {
		return tx.Scan(nil, nil, func(key, value []byte) error {
			found[string(key)] = string(value)
			return nil
		})
	})
	if err != nil {
		o.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		o.t.Fatal(err)
	}
	o.serve()
	return found
}

func (o *operator) same(before, after map[string]string) {
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	for key := range keys {
		if before[key] != after[key] {
			o.t.Errorf("%q was %q and is %q", key, before[key], after[key])
		}
	}
}

// stopsWell asks the bot to stop in the middle of a rush. What it said yes to
// is posted after the next start, once.
func (o *operator) stopsWell() {
	var mu sync.Mutex
	var logged []string
	var rush sync.WaitGroup
	for _, user := range []string{"anna", "bram", "chantal", "emre"} {
		rush.Go(func() {
			for {
				answer, err := o.says(user, "/signaal groep bovenbouw veel ruzie op het plein")
				if err != nil {
					return // it has stopped
				}
				mu.Lock()
				logged = append(logged, loggedNumber.FindString(answer))
				mu.Unlock()
			}
		})
	}
	o.await("a few signals", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(logged) >= 5
	})
	o.stop()
	rush.Wait()
	o.serve()
	given := map[string]bool{}
	for _, signal := range logged {
		if signal == "" || given[signal] {
			o.t.Errorf("answered with %q", logged)
		}
		given[signal] = true
		o.shows(signal + ": groep bovenbouw")
	}
	posts, err := o.channel()
	if err != nil {
		o.t.Fatal(err)
	}
	for signal := range given {
		if n := strings.Count(strings.ToLower(all(posts)), signal+": groep bovenbouw"); n != 1 {
			o.t.Errorf("%s is posted %d times", signal, n)
		}
	}
	o.stop()
	o.process = nil
}

var loggedNumber = regexp.MustCompile(`signaal \d+`)
