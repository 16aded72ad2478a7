package slack

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

// answers are n things to choose from.
func answers(n int) (options []chat.Option) {
	for i := range n {
		options = append(options, chat.Option{Key: fmt.Sprintf("k%d", i), Label: fmt.Sprintf("Keuze %d", i)})
	}
	return options
}

func formWith(fields ...chat.Field) chat.Form {
	return chat.Form{ID: "f1", Title: "Een signaal", Submit: "Vastleggen", Fields: fields}
}

// acceptable holds a view to what Slack takes.
func acceptable(t fataler, view any) map[string]any {
	t.Helper()
	data := encode(t, view)
	for _, problem := range slacktest.CheckView(data) {
		t.Errorf("%s", problem)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestElements(t *testing.T) {
	for _, test := range []struct {
		name  string
		field chat.Field
		want  string // the element, as JSON; options left out
	}{
		{"line", chat.Field{Kind: chat.Line}, `{"type":"plain_text_input","max_length":150}`},
		{"line with a value", chat.Field{Kind: chat.Line, Max: 5, Value: []string{"één\ntwee"}}, `{"type":"plain_text_input","max_length":5,"initial_value":"één t"}`},
		{"lines", chat.Field{Kind: chat.Lines, Value: []string{"a\nb & <c>"}}, `{"type":"plain_text_input","multiline":true,"max_length":3000,"initial_value":"a\nb & <c>"}`},
		{"lines, longer than Slack takes", chat.Field{Kind: chat.Lines, Max: 9000}, `{"type":"plain_text_input","multiline":true,"max_length":3000}`},
		{"few to choose from", chat.Field{Kind: chat.One, Options: answers(4), Value: []string{"k2"}}, `{"type":"radio_buttons","initial_option":"k2"}`},
		{"an optional choice", chat.Field{Kind: chat.One, Options: answers(2), Optional: true, Value: []string{"weg"}}, `{"type":"static_select"}`},
		{"more to choose from", chat.Field{Kind: chat.One, Options: answers(5), Value: []string{"k4"}}, `{"type":"static_select","initial_option":"k4"}`},
		{"too many to choose from", chat.Field{Kind: chat.One, Options: answers(101), Value: []string{"k100"}}, `{"type":"static_select"}`},
		{"several of few", chat.Field{Kind: chat.Many, Options: answers(10), Value: []string{"k9", "k1", "weg"}}, `{"type":"checkboxes","initial_options":["k1","k9"]}`},
		{"several of more", chat.Field{Kind: chat.Many, Options: answers(11), Value: []string{"k10"}}, `{"type":"multi_static_select","initial_options":["k10"]}`},
		{"several, none chosen", chat.Field{Kind: chat.Many, Options: answers(11)}, `{"type":"multi_static_select"}`},
		{"nothing to choose from", chat.Field{Kind: chat.One}, ``},
	} {
		test.field.Name, test.field.Label = "veld", "Veld"
		blocks := acceptable(t, modal(formWith(test.field)))["blocks"].([]any)
		if test.want == "" {
			if len(blocks) > 0 {
				t.Errorf("%s: %v", test.name, blocks)
			}
			continue
		}
		block := blocks[0].(map[string]any)
		got := block["element"].(map[string]any)
		if block["block_id"] != "veld" || got["action_id"] != inputAction {
			t.Errorf("%s: at %v and %v", test.name, block["block_id"], got["action_id"])
		}
		delete(got, "options")
		delete(got, "action_id")
		if o, ok := got["initial_option"].(map[string]any); ok {
			got["initial_option"] = o["value"]
		}
		if list, ok := got["initial_options"].([]any); ok {
			for i := range list {
				list[i] = list[i].(map[string]any)["value"]
			}
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(test.want), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", test.name, got, want)
		}
	}
}

func TestModal(t *testing.T) {
	form := formWith(chat.Field{Name: "wat", Label: "Wat\nzie je?", Hint: " Feiten,\tkort. ", Kind: chat.Line, Optional: true})
	form.Title, form.Intro = "Een heel erg lange titel & meer", "Eerste regel.\nTweede <!here>."
	got := acceptable(t, modal(form))
	for name, want := range map[string]any{
		"type": "modal", "callback_id": callback, "private_metadata": "f1",
		"title":  map[string]any{"type": "plain_text", "text": "Een heel erg lange tite…", "emoji": false},
		"submit": map[string]any{"type": "plain_text", "text": "Vastleggen", "emoji": false},
		"close":  nil,
	} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s is %v, not %v", name, got[name], want)
		}
	}
	blocks := got["blocks"].([]any)
	want := []any{
		map[string]any{"type": "section", "text": map[string]any{"type": "plain_text", "text": "Eerste regel.\nTweede <!here>.", "emoji": false}},
		map[string]any{
			"type": "input", "block_id": "wat", "optional": true,
			"label":   map[string]any{"type": "plain_text", "text": "Wat zie je?", "emoji": false},
			"hint":    map[string]any{"type": "plain_text", "text": "Feiten, kort.", "emoji": false},
			"element": map[string]any{"type": "plain_text_input", "action_id": "value", "max_length": 150.0},
		},
	}
	if !reflect.DeepEqual(blocks, want) {
		t.Errorf("blocks are %v, not %v", blocks, want)
	}
}

// someForm keeps what chat.Form promises, and no more.
func someForm() *rapid.Generator[chat.Form] {
	return rapid.Custom(func(t *rapid.T) chat.Form {
		f := chat.Form{ID: "f1", Title: drawText(t, "title"), Intro: drawText(t, "intro"), Submit: drawText(t, "submit")}
		for i := range rapid.IntRange(0, 12).Draw(t, "fields") {
			field := chat.Field{
				Name: "veld" + string(rune('a'+i)), Label: drawText(t, "label"), Hint: drawText(t, "hint"),
				Kind:     rapid.SampledFrom([]chat.FieldKind{chat.Line, chat.Lines, chat.One, chat.Many}).Draw(t, "kind"),
				Optional: rapid.Bool().Draw(t, "optional"), Max: rapid.IntRange(0, 3000).Draw(t, "max"),
			}
			field.Options = answers(rapid.SampledFrom([]int{0, 1, 4, 5, 10, 11, 100, 101}).Draw(t, "options"))
			for j := range min(len(field.Options), 3) {
				field.Options[j].Label = drawText(t, "option")
			}
			field.Value = rapid.SliceOfN(rapid.OneOf(someText(), rapid.SampledFrom([]string{"k0", "k1", "k2"})), 0, 4).Draw(t, "value")
			f.Fields = append(f.Fields, field)
		}
		return f
	})
}

// sentIn is the modal as Slack sends it back, with an entry of its own for what
// was left open.
func sentIn(t fataler, request slack.ModalViewRequest, values map[string][]string) slack.View {
	t.Helper()
	data := encode(t, request)
	var view map[string]any
	if err := json.Unmarshal(data, &view); err != nil {
		t.Fatal(err)
	}
	state := map[string]any{}
	for _, b := range view["blocks"].([]any) {
		block := b.(map[string]any)
		if block["type"] != "input" {
			continue
		}
		element := block["element"].(map[string]any)
		value := values[block["block_id"].(string)]
		picked := []any{}
		options, _ := element["options"].([]any)
		for _, o := range options {
			if slices.Contains(value, o.(map[string]any)["value"].(string)) {
				picked = append(picked, o)
			}
		}
		entry := map[string]any{"type": element["type"]}
		switch element["type"] {
		case "plain_text_input":
			entry["value"] = nil
			if len(value) > 0 {
				entry["value"] = value[0]
			}
		case "radio_buttons", "static_select":
			entry["selected_option"] = nil
			if len(picked) > 0 {
				entry["selected_option"] = picked[0]
			}
		default:
			entry["selected_options"] = picked
		}
		state[block["block_id"].(string)] = map[string]any{element["action_id"].(string): entry}
	}
	view["state"], view["id"], view["hash"] = map[string]any{"values": state}, "V1", "1.a"
	var sent slack.View
	if err := json.Unmarshal(encode(t, view), &sent); err != nil {
		t.Fatal(err)
	}
	return sent
}

// Whatever a form is, Slack takes it, and gives back what was in it.
func TestModalsAreWhatSlackTakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := someForm().Draw(t, "form")
		view := modal(form)
		acceptable(t, view)
		harmlessBlocks(t, nil, encode(t, plainBlocks(view)))

		values := map[string][]string{}
		for _, field := range form.Fields {
			if rapid.Bool().Draw(t, "left open") {
				continue
			}
			switch options := field.Options[:min(len(field.Options), maxOptions)]; {
			case field.Kind == chat.Line || field.Kind == chat.Lines:
				values[field.Name] = []string{rapid.StringN(1, field.Limit(), -1).Draw(t, "typed")}
			case len(options) > 0:
				values[field.Name] = []string{options[rapid.IntRange(0, len(options)-1).Draw(t, "chosen")].Key}
			}
		}
		sent := sentIn(t, view, values)
		got := filled(sent.State)
		for _, field := range form.Fields {
			if typed := values[field.Name]; len(typed) > 0 {
				typed[0] = unescape(typed[0])
			}
			if !slices.Equal(got[field.Name], values[field.Name]) {
				t.Errorf("%s: %q, not %q", field.Name, got[field.Name], values[field.Name])
			}
		}

		problems := map[string]string{"": drawText(t, "wrong"), "velda": drawText(t, "wrong"), "weg": drawText(t, "wrong")}
		again := corrected(sent, problems)
		acceptable(t, again)
		acceptable(t, corrected(sentIn(t, again, values), problems))
	})
}

// plainBlocks are the blocks without the inputs, whose labels are of people too
// but whose types are many.
func plainBlocks(view slack.ModalViewRequest) (blocks []slack.Block) {
	for _, b := range view.Blocks.BlockSet {
		if b.BlockType() != slack.MBTInput {
			blocks = append(blocks, b)
		}
	}
	return append([]slack.Block{}, blocks...)
}

func TestCorrected(t *testing.T) {
	form := formWith(
		chat.Field{Name: "wat", Label: "Wat?", Kind: chat.Lines, Max: 10, Value: []string{"eerst"}},
		chat.Field{Name: "wie", Label: "Wie?", Kind: chat.One, Options: answers(3), Value: []string{"k0"}},
		chat.Field{Name: "waar", Label: "Waar?", Kind: chat.One, Options: answers(9), Optional: true, Value: []string{"k0"}},
		chat.Field{Name: "hoe", Label: "Hoe?", Kind: chat.Many, Options: answers(3), Optional: true, Value: []string{"k0"}},
		chat.Field{Name: "met", Label: "Waarmee?", Kind: chat.Many, Options: answers(30), Value: []string{"k0"}},
	)
	form.Intro = "Zonder namen."
	sent := sentIn(t, modal(form), map[string][]string{"wat": {"J &amp; P"}, "wie": {"k1"}, "met": {"k2", "k1"}})
	if got := filled(sent.State); !reflect.DeepEqual(got, map[string][]string{"wat": {"J & P"}, "wie": {"k1"}, "waar": nil, "hoe": nil, "met": {"k1", "k2"}}) {
		t.Errorf("filled in with %q", got)
	}
	again := corrected(sent, map[string]string{"wat": "Een naam?\nSchrijf J.", "": "Nog niet goed.", "weg": "Weg."})
	again = corrected(sentIn(t, again, map[string][]string{"wat": {"J &amp; P"}, "wie": {"k1"}, "met": {"k2", "k1"}}), map[string]string{"wat": "Een naam?\nSchrijf J.", "": "Nog niet goed."})
	acceptable(t, again)
	if again.PrivateMetadata != "f1" || again.CallbackID != callback || again.Submit.Text != "Vastleggen" {
		t.Errorf("%+v", again)
	}
	var shown []string
	for _, b := range again.Blocks.BlockSet {
		switch b := b.(type) {
		case *slack.ContextBlock:
			shown = append(shown, b.ContextElements.Elements[0].(*slack.TextBlockObject).Text)
		case *slack.SectionBlock:
			shown = append(shown, b.Text.Text)
		case *slack.InputBlock:
			switch e := b.Element.(type) {
			case *slack.PlainTextInputBlockElement:
				shown = append(shown, b.BlockID+"="+e.InitialValue)
			case *slack.RadioButtonsBlockElement:
				shown = append(shown, b.BlockID+"="+e.InitialOption.Value)
			case *slack.SelectBlockElement:
				shown = append(shown, fmt.Sprintf("%s=%v", b.BlockID, e.InitialOption))
			case *slack.CheckboxGroupsBlockElement:
				shown = append(shown, fmt.Sprintf("%s=%v", b.BlockID, e.InitialOptions))
			case *slack.MultiSelectBlockElement:
				shown = append(shown, fmt.Sprintf("%s=%d", b.BlockID, len(e.InitialOptions)))
			}
		}
	}
	want := []string{"⚠ Nog niet goed.", "Zonder namen.", "wat=J & P", "⚠ Een naam?\nSchrijf J.", "wie=k1", "waar=<nil>", "hoe=[]", "met=2"}
	if !slices.Equal(shown, want) {
		t.Errorf("shows %q\nnot   %q", shown, want)
	}
}

// A view that is no form of ours, or one that lost parts on its way.
func TestFilledFromAnything(t *testing.T) {
	for _, state := range []string{`null`, `{}`, `{"values":null}`, `{"values":{"wat":null}}`, `{"values":{"wat":{"iets anders":{"type":"plain_text_input","value":"x"}}}}`} {
		var s *slack.ViewState
		if err := json.Unmarshal([]byte(state), &s); err != nil {
			t.Fatal(err)
		}
		for name, values := range filled(s) {
			if name != "wat" || len(values) > 0 {
				t.Errorf("%s: %s is %q", state, name, values)
			}
		}
	}
	acceptable(t, corrected(slack.View{Title: label("Kansbot"), Submit: label("Ja")}, map[string]string{"": "Fout."}))
}

func FuzzFilled(f *testing.F) {
	f.Add(`{"values":{"wat":{"value":{"type":"plain_text_input","value":"&lt;b&gt;"}}}}`)
	f.Add(`{"values":{"wie":{"value":{"type":"static_select","selected_option":{"value":"k1"}}}}}`)
	f.Add(`{"values":{"hoe":{"value":{"type":"checkboxes","selected_options":[{"value":"k1"},{"value":""}]}}}}`)
	f.Fuzz(func(t *testing.T, state string) {
		var s *slack.ViewState
		if json.Unmarshal([]byte(state), &s) != nil {
			return
		}
		for name, values := range filled(s) {
			for _, v := range values {
				if v == "" || !utf8.ValidString(v) {
					t.Errorf("%s: %q in %q", name, v, strings.Join(values, ","))
				}
			}
		}
	})
}
