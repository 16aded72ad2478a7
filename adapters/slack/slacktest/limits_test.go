package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// many repeats one thing n times, as the inside of a list.
func many(n int, one string) string {
	return strings.TrimSuffix(strings.Repeat(one+",", n), ",")
}

func plainJSON(n int) string {
	return fmt.Sprintf(`{"type":"plain_text","text":%q}`, strings.Repeat("é", n))
}

func optionJSON(value string) string {
	return `{"text":{"type":"plain_text","text":"Een","emoji":false},"value":"` + value + `"}`
}

func inputJSON(element string) string {
	return `{"type":"input","block_id":"veld","label":{"type":"plain_text","text":"Veld"},"element":` + element + `}`
}

// One of everything, as its reference shows it.
var fine = map[string]string{
	"header":  `{"type":"header","block_id":"kop","text":` + plainJSON(150) + `}`,
	"divider": `{"type":"divider"}`,
	"section": `{"type":"section","text":{"type":"mrkdwn","text":"*a*","verbatim":true},"fields":[{"type":"plain_text","text":"b"}],"expand":true,
		"accessory":{"type":"overflow","action_id":"meer","options":[` + optionJSON("1") + `]}}`,
	"context": `{"type":"context","elements":[{"type":"plain_text","text":"a","emoji":false},{"type":"mrkdwn","text":"<@U12>"},{"type":"image","image_url":"https://x.example/a.png","alt_text":"a"}]}`,
	"actions": `{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Ja"},"action_id":"a","value":"1","style":"primary",
		"confirm":{"title":{"type":"plain_text","text":"Zeker?"},"text":{"type":"mrkdwn","text":"x"},"confirm":{"type":"plain_text","text":"Ja"},"deny":{"type":"plain_text","text":"Nee"}}}]}`,
	"image": `{"type":"image","slack_file":{"id":"F123"},"alt_text":"Een cirkel"}`,
	"rich text": `{"type":"rich_text","elements":[
		{"type":"rich_text_section","elements":[{"type":"text","text":"a","style":{"bold":true,"strike":true}},{"type":"user","user_id":"U12"},{"type":"link","url":"https://x.example"},{"type":"emoji","name":"wave"}]},
		{"type":"rich_text_list","style":"ordered","indent":0,"offset":2,"border":0,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":" "}]}]},
		{"type":"rich_text_quote","elements":[{"type":"broadcast","range":"here"}]},
		{"type":"rich_text_preformatted","elements":[{"type":"text","text":"a"}]}]}`,
	"text input":   inputJSON(`{"type":"plain_text_input","action_id":"a","multiline":true,"min_length":0,"max_length":10,"initial_value":"0123456789","focus_on_load":true}`),
	"select":       inputJSON(`{"type":"static_select","action_id":"a","options":[` + optionJSON("1") + `],"initial_option":` + optionJSON("1") + `}`),
	"groups":       inputJSON(`{"type":"static_select","action_id":"a","option_groups":[{"label":{"type":"plain_text","text":"G"},"options":[` + optionJSON("1") + `]}],"initial_option":` + optionJSON("1") + `}`),
	"multi select": inputJSON(`{"type":"multi_static_select","action_id":"a","options":[` + optionJSON("1") + `,` + optionJSON("2") + `],"initial_options":[` + optionJSON("2") + `],"max_selected_items":2}`),
	"radio":        inputJSON(`{"type":"radio_buttons","action_id":"a","options":[` + optionJSON("1") + `],"initial_option":` + optionJSON("1") + `}`),
	"checkboxes":   inputJSON(`{"type":"checkboxes","action_id":"a","options":[` + optionJSON("1") + `],"initial_options":[` + optionJSON("1") + `]}`),
}

func TestFineBlocks(t *testing.T) {
	for name, block := range fine {
		if problems := CheckMessage("", json.RawMessage("["+block+"]")); len(problems) > 0 {
			t.Errorf("%s: %q", name, problems)
		}
	}
	if problems := CheckMessage("alleen tekst", nil); len(problems) > 0 {
		t.Errorf("text: %q", problems)
	}
}

// What is put wrong in a message, and what is said of it.
func TestCheckMessage(t *testing.T) {
	for _, test := range []struct{ blocks, want string }{
		{`{`, "must provide valid JSON [json-pointer:/blocks]"},
		{`{}`, "must provide an array [json-pointer:/blocks]"},
		{`[]`, "must provide text or blocks [json-pointer:/text]"},
		{`["a"]`, "must provide an object [json-pointer:/blocks/0]"},
		{`[{"type":"kop"}]`, "unsupported type: kop [json-pointer:/blocks/0/type]"},
		{`[` + many(51, `{"type":"divider"}`) + `]`, "no more than 50 items allowed [json-pointer:/blocks]"},
		{`[{"type":"divider","x":1}]`, "invalid additional property: x [json-pointer:/blocks/0]"},
		{`[{"type":"divider","block_id":"` + strings.Repeat("a", 256) + `"}]`, "must be less than 256 characters [json-pointer:/blocks/0/block_id]"},
		{`[` + many(2, `{"type":"divider","block_id":"a"}`) + `]`, "`block_id` \"a\" already exists [json-pointer:/blocks/1/block_id]"},
		{`[{"type":"header"}]`, "missing required field: text [json-pointer:/blocks/0]"},
		{`[{"type":"header","text":` + plainJSON(151) + `}]`, "must be less than 151 characters [json-pointer:/blocks/0/text/text]"},
		{`[{"type":"header","text":` + plainJSON(0) + `}]`, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		{`[{"type":"header","text":{"type":"plain_text","text":" \n"}}]`, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		{`[{"type":"header","text":{"type":"mrkdwn","text":"a"}}]`, "must be a valid enum value [json-pointer:/blocks/0/text/type]"},
		{`[{"type":"section"}]`, "missing required field: text [json-pointer:/blocks/0]"},
		{`[{"type":"section","text":` + plainJSON(3001) + `}]`, "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{`[{"type":"section","text":{"type":"mrkdwn","text":"a","emoji":true}}]`, "invalid additional property: emoji [json-pointer:/blocks/0/text]"},
		{`[{"type":"section","fields":[` + many(11, plainJSON(1)) + `]}]`, "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
		{`[{"type":"section","fields":[` + plainJSON(2001) + `]}]`, "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"},
		{`[{"type":"context","elements":[` + many(11, plainJSON(1)) + `]}]`, "no more than 10 items allowed [json-pointer:/blocks/0/elements]"},
		{`[{"type":"context","elements":[]}]`, "must provide at least 1 items [json-pointer:/blocks/0/elements]"},
		{`[{"type":"actions","elements":[` + many(26, `{"type":"button","text":`+plainJSON(1)+`}`) + `]}]`, "no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
		{`[{"type":"actions","elements":[` + many(2, `{"type":"button","action_id":"a","text":`+plainJSON(1)+`}`) + `]}]`, "`action_id` \"a\" already exists [json-pointer:/blocks/0/elements/1/action_id]"},
		{`[{"type":"actions","elements":[{"type":"button","text":` + plainJSON(76) + `}]}]`, "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"},
		{`[{"type":"actions","elements":[{"type":"button","text":` + plainJSON(1) + `,"value":"` + strings.Repeat("a", 2001) + `"}]}]`, "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"},
		{`[{"type":"actions","elements":[{"type":"button","text":` + plainJSON(1) + `,"style":"default"}]}]`, "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"},
		{`[{"type":"actions","elements":[{"type":"button","text":` + plainJSON(1) + `,"disabled":true}]}]`, "invalid additional property: disabled [json-pointer:/blocks/0/elements/0]"},
		{`[{"type":"actions","elements":[{"type":"plain_text_input"}]}]`, "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"},
		{`[{"type":"image","alt_text":"a"}]`, "must provide either image_url or slack_file [json-pointer:/blocks/0]"},
		{`[{"type":"rich_text","elements":[]}]`, "must provide at least 1 items [json-pointer:/blocks/0/elements]"},
		{`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":""}]}]}]`, "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]"},
		{`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a","style":{"vet":true}}]}]}]`, "invalid additional property: vet [json-pointer:/blocks/0/elements/0/elements/0/style]"},
		{`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"user","user_id":"anna"}]}]}]`, "input must match regex pattern: ^[UW][A-Z0-9]{2,}$ [json-pointer:/blocks/0/elements/0/elements/0/user_id]"},
		{`[{"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"user","user_id":"U12"}]}]}]`, "unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]"},
		{`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","indent":9,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"}]}]}]}]`, "must be less than 8 [json-pointer:/blocks/0/elements/0/indent]"},
		{"[" + inputJSON(`{"type":"button","text":`+plainJSON(1)+`}`) + "]", "unsupported type: button [json-pointer:/blocks/0/element/type]"},
		{"[" + inputJSON(`{"type":"plain_text_input","max_length":3001}`) + "]", "must be less than 3000 [json-pointer:/blocks/0/element/max_length]"},
		{"[" + inputJSON(`{"type":"plain_text_input","max_length":2,"initial_value":"abc"}`) + "]", "must be less than 3 characters [json-pointer:/blocks/0/element/initial_value]"},
		{"[" + inputJSON(`{"type":"static_select","options":[`+many(101, optionJSON("1"))+`]}`) + "]", "no more than 100 items allowed [json-pointer:/blocks/0/element/options]"},
		{"[" + inputJSON(`{"type":"static_select"}`) + "]", "must provide either options or option_groups [json-pointer:/blocks/0/element]"},
		{"[" + inputJSON(`{"type":"static_select","options":[`+optionJSON("1")+`],"initial_option":`+optionJSON("2")+`}`) + "]", "must be one of the provided options [json-pointer:/blocks/0/element/initial_option]"},
		{"[" + inputJSON(`{"type":"static_select","options":[`+optionJSON("1")+`],"initial_option":null}`) + "]", "must provide an object [json-pointer:/blocks/0/element/initial_option]"},
		{"[" + inputJSON(`{"type":"static_select","options":[`+optionJSON(strings.Repeat("a", 76))+`]}`) + "]", "must be less than 76 characters [json-pointer:/blocks/0/element/options/0/value]"},
		{"[" + inputJSON(`{"type":"radio_buttons","options":[`+many(11, optionJSON("1"))+`]}`) + "]", "no more than 10 items allowed [json-pointer:/blocks/0/element/options]"},
		{"[" + inputJSON(`{"type":"checkboxes","options":[`+optionJSON("1")+`],"initial_options":[]}`) + "]", "must provide at least 1 items [json-pointer:/blocks/0/element/initial_options]"},
		{"[" + inputJSON(`{"type":"plain_text_input","focus_on_load":true}`) + "," + strings.Replace(inputJSON(`{"type":"plain_text_input","focus_on_load":true}`), "veld", "ander", 1) + "]", "only one element may have focus_on_load [json-pointer:/blocks/1/element/focus_on_load]"},
	} {
		if problems := CheckMessage("", json.RawMessage(test.blocks)); !slices.Contains(problems, test.want) {
			t.Errorf("%.300s\n\tgives %q\n\tnot   %q", test.blocks, problems, test.want)
		}
	}
	if problems := CheckMessage(strings.Repeat("a", 4001), nil); len(problems) != 1 {
		t.Errorf("a long text: %q", problems)
	}
}

func viewJSON(props string) string {
	return `{"type":"modal","title":{"type":"plain_text","text":"Signaal"},` + props + `}`
}

func TestCheckView(t *testing.T) {
	input := inputJSON(`{"type":"plain_text_input","action_id":"a"}`)
	for _, view := range []string{
		viewJSON(`"submit":{"type":"plain_text","text":"Ga"},"close":{"type":"plain_text","text":"Nee"},"private_metadata":"1","callback_id":"k","blocks":[` + input + `]`),
		viewJSON(`"blocks":[{"type":"divider"}]`),
		`{"type":"home","blocks":[` + many(100, `{"type":"divider"}`) + `]}`,
	} {
		if problems := CheckView(json.RawMessage(view)); len(problems) > 0 {
			t.Errorf("%.200s: %q", view, problems)
		}
	}
	for _, test := range []struct{ view, want string }{
		{`[`, "must provide valid JSON [json-pointer:/view]"},
		{`[]`, "must provide an object [json-pointer:/view]"},
		{`{"type":"page","blocks":[]}`, "unsupported type: page [json-pointer:/view/type]"},
		{`{"type":"modal","title":` + plainJSON(25) + `,"blocks":[]}`, "must be less than 25 characters [json-pointer:/view/title/text]"},
		{viewJSON(`"blocks":[],"submit":` + plainJSON(25)), "must be less than 25 characters [json-pointer:/view/submit/text]"},
		{viewJSON(`"blocks":[],"close":` + plainJSON(25)), "must be less than 25 characters [json-pointer:/view/close/text]"},
		{viewJSON(`"blocks":[],"private_metadata":"` + strings.Repeat("a", 3001) + `"`), "must be less than 3001 characters [json-pointer:/view/private_metadata]"},
		{viewJSON(`"blocks":[` + many(101, `{"type":"divider"}`) + `]`), "no more than 100 items allowed [json-pointer:/view/blocks]"},
		{viewJSON(`"blocks":[{"type":"divider"},` + input + `]`), "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]"},
		{viewJSON(`"blocks":[{"type":"header"}]`), "missing required field: text [json-pointer:/view/blocks/0]"},
		{viewJSON(`"blocks":[],"state":{}`), "invalid additional property: state [json-pointer:/view]"},
		{`{"type":"home","blocks":[],"title":` + plainJSON(1) + `}`, "invalid additional property: title [json-pointer:/view]"},
		{viewJSON(`"blocks":[` + many(100, `{"type":"section","text":`+plainJSON(2900)+`}`) + `]`), "must be less than 250001 bytes [json-pointer:/view]"},
	} {
		if problems := CheckView(json.RawMessage(test.view)); !slices.Contains(problems, test.want) {
			t.Errorf("%.300s\n\tgives %q\n\tnot   %q", test.view, problems, test.want)
		}
	}
}

func TestSize(t *testing.T) {
	for blocks, want := range map[string]int{
		`x`:  0,
		`[]`: 0,
		`[{"type":"divider"},{"type":"section","text":{"type":"mrkdwn","text":"a & é"}}]`: 200 + 9,
		"[" + fine["rich text"] + "]": 100 + 3,
	} {
		if got := Size(json.RawMessage(blocks)); got != want {
			t.Errorf("%s: %d, not %d", blocks, got, want)
		}
	}
}

// Whatever comes in: it finds something or nothing, and says where.
func FuzzCheck(f *testing.F) {
	for _, block := range fine {
		f.Add("["+block+"]", viewJSON(`"blocks":[`+block+`]`))
	}
	f.Add(`null`, `{"type":1,"blocks":{"a":1}}`)
	f.Add(`[{"type":"context","elements":{"action_id":[]}}]`, ``)
	f.Add(`[{"type":"divider","block_id":{}},{"type":"divider","block_id":[1]}]`, `null`)
	f.Fuzz(func(t *testing.T, blocks, view string) {
		for _, problem := range append(CheckMessage("a", json.RawMessage(blocks)), CheckView(json.RawMessage(view))...) {
			if !utf8.ValidString(problem) || !strings.Contains(problem, " [json-pointer:/") {
				t.Errorf("says %q", problem)
			}
		}
		Size(json.RawMessage(blocks))
	})
}
