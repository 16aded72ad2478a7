package slacktest

import (
	"math"
	"regexp"
)

// Names that Slack gives, and strings whose length it does not limit.
var (
	userIDs = pattern{regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)}
	someIDs = pattern{regexp.MustCompile(`^[A-Z][A-Z0-9]{2,}$`)}
	anyText = length{1, math.MaxInt32}
	isType  = length{1, 50}
)

// props merges the properties that objects have in common with their own.
func props(all ...map[string]rule) map[string]rule {
	merged := map[string]rule{}
	for _, some := range all {
		for name, r := range some {
			merged[name] = r
		}
	}
	return merged
}

func plainText(most int) shape {
	return shape{
		needs: map[string]rule{"type": word{"plain_text"}, "text": prose{most}},
		may:   map[string]rule{"emoji": boolean{}},
	}
}

func anyTextObject(most int) union {
	return union{"plain_text": plainText(most), "mrkdwn": shape{
		needs: map[string]rule{"type": isType, "text": prose{most}},
		may:   map[string]rule{"verbatim": boolean{}},
	}}
}

var (
	confirmShape = shape{
		needs: map[string]rule{"text": anyTextObject(300)},
		may:   map[string]rule{"title": plainText(100), "confirm": plainText(30), "deny": plainText(30), "style": colour},
	}
	colour = word{"primary", "danger"}

	// A value may have 150 characters by newer pages, 75 by @slack/types: the
	// shorter one fits both.
	optionShape = shape{needs: map[string]rule{"text": plainText(75), "value": length{1, 75}}, may: map[string]rule{"description": plainText(75)}}
	markOption  = shape{needs: map[string]rule{"text": anyTextObject(75), "value": length{1, 75}}, may: map[string]rule{"description": anyTextObject(75)}}
	linkOption  = shape{needs: optionShape.needs, may: props(optionShape.may, map[string]rule{"url": length{1, 3000}})}
	groupShape  = shape{needs: map[string]rule{"label": plainText(75), "options": array{1, 100, optionShape}}}

	slackFile = shape{may: map[string]rule{"id": someIDs, "url": length{1, 3000}}, also: either("id", "url")}
)

// either says that an object has one of two properties, and not both.
func either(a, b string) func(c *checker, at string, o map[string]any) {
	return func(c *checker, at string, o map[string]any) {
		_, hasA := o[a]
		_, hasB := o[b]
		if hasA == hasB {
			c.say(at, "must provide either %s or %s", a, b)
		}
	}
}

// The elements that people use, and pictures.
var (
	actingRules = map[string]rule{"action_id": length{1, 255}, "confirm": confirmShape}
	typingRules = map[string]rule{"action_id": length{1, 255}, "placeholder": plainText(150), "focus_on_load": focus{}}

	buttonShape = shape{
		needs: map[string]rule{"type": isType, "text": plainText(75)},
		may:   props(actingRules, map[string]rule{"value": length{1, 2000}, "url": length{1, 3000}, "style": colour, "accessibility_label": length{1, 75}}),
	}
	staticSelect = shape{
		needs: map[string]rule{"type": isType},
		may:   props(actingRules, typingRules, map[string]rule{"options": array{1, 100, optionShape}, "option_groups": array{1, 100, groupShape}, "initial_option": optionShape}),
		also:  choosing("initial_option"),
	}
	multiStaticSelect = shape{
		needs: map[string]rule{"type": isType},
		may:   props(actingRules, typingRules, map[string]rule{"options": array{1, 100, optionShape}, "option_groups": array{1, 100, groupShape}, "initial_options": array{1, 100, optionShape}, "max_selected_items": whole{1, 100}}),
		also:  choosing("initial_options"),
	}
	radioButtons = shape{
		needs: map[string]rule{"type": isType, "options": array{1, 10, markOption}},
		may:   props(actingRules, map[string]rule{"initial_option": markOption, "focus_on_load": focus{}}),
		also:  func(c *checker, at string, o map[string]any) { among(c, at, o, "initial_option") },
	}
	checkboxesShape = shape{
		needs: map[string]rule{"type": isType, "options": array{1, 10, markOption}},
		may:   props(actingRules, map[string]rule{"initial_options": array{1, 10, markOption}, "focus_on_load": focus{}}),
		also:  func(c *checker, at string, o map[string]any) { among(c, at, o, "initial_options") },
	}
	overflowShape = shape{
		needs: map[string]rule{"type": isType, "options": array{1, 5, linkOption}},
		may:   actingRules,
	}
	plainTextInput = shape{
		needs: map[string]rule{"type": isType},
		may: props(typingRules, map[string]rule{
			"initial_value": length{0, 3000}, "multiline": boolean{}, "min_length": whole{0, 3000}, "max_length": whole{1, 3000},
			"dispatch_action_config": shape{may: map[string]rule{"trigger_actions_on": array{1, 2, word{"on_enter_pressed", "on_character_entered"}}}},
		}),
		also: fitting,
	}
	imageElement = shape{
		needs: map[string]rule{"type": isType, "alt_text": length{1, 2000}},
		may:   map[string]rule{"image_url": length{1, 3000}, "slack_file": slackFile},
		also:  either("image_url", "slack_file"),
	}

	chooserShapes = union{"static_select": staticSelect, "multi_static_select": multiStaticSelect, "radio_buttons": radioButtons, "checkboxes": checkboxesShape}
	inputShapes   = with(chooserShapes, union{"plain_text_input": plainTextInput})
	controlShapes = with(chooserShapes, union{"button": buttonShape, "overflow": overflowShape})
)

func with(some, more union) union {
	all := union{}
	for _, u := range []union{some, more} {
		for name, s := range u {
			all[name] = s
		}
	}
	return all
}

// choosing is what holds for menus.
func choosing(initial string) func(c *checker, at string, o map[string]any) {
	return func(c *checker, at string, o map[string]any) {
		either("options", "option_groups")(c, at, o)
		among(c, at, o, initial)
	}
}

// fitting says that what a text input begins with may be sent in.
func fitting(c *checker, at string, o map[string]any) {
	least, _ := o["min_length"].(float64)
	most, ok := o["max_length"].(float64)
	if !ok {
		return
	}
	if least > most {
		c.say(at+"/min_length", "must be less than or equal to %v", most)
	}
	if s, _ := o["initial_value"].(string); characters(s) > int(most) {
		c.say(at+"/initial_value", "must be less than %v characters", most+1)
	}
}

// The elements of rich text.
var (
	styleShape = shape{may: map[string]rule{"bold": boolean{}, "italic": boolean{}, "strike": boolean{}, "code": boolean{}, "underline": boolean{}}}

	richInline = union{
		"text":      inline(map[string]rule{"text": anyText}, nil),
		"user":      inline(map[string]rule{"user_id": userIDs}, nil),
		"usergroup": inline(map[string]rule{"usergroup_id": someIDs}, nil),
		"channel":   inline(map[string]rule{"channel_id": someIDs}, nil),
		"team":      inline(map[string]rule{"team_id": someIDs}, nil),
		"broadcast": inline(map[string]rule{"range": word{"here", "channel", "everyone"}}, nil),
		"link":      inline(map[string]rule{"url": anyText}, map[string]rule{"text": anyText, "unsafe": boolean{}}),
		"emoji":     inline(map[string]rule{"name": anyText}, map[string]rule{"unicode": anyText, "skin_tone": whole{1, 6}}),
		"date":      inline(map[string]rule{"timestamp": whole{0, math.MaxInt64}, "format": anyText}, map[string]rule{"url": anyText, "fallback": anyText}),
		"color":     inline(map[string]rule{"value": anyText}, nil),
	}
	richCode = union{"text": richInline["text"], "link": richInline["link"]}

	richSection = shape{needs: map[string]rule{"type": word{"rich_text_section"}, "elements": array{1, math.MaxInt32, richInline}}}
	richParts   = union{
		"rich_text_section": richSection,
		"rich_text_list": shape{
			needs: map[string]rule{"type": isType, "style": word{"bullet", "ordered"}, "elements": array{1, math.MaxInt32, richSection}},
			may:   map[string]rule{"indent": whole{0, 8}, "offset": whole{0, math.MaxInt32}, "border": whole{0, 1}},
		},
		"rich_text_quote": shape{
			needs: map[string]rule{"type": isType, "elements": array{1, math.MaxInt32, richInline}},
			may:   map[string]rule{"border": whole{0, 1}},
		},
		"rich_text_preformatted": shape{
			needs: map[string]rule{"type": isType, "elements": array{1, math.MaxInt32, richCode}},
			may:   map[string]rule{"border": whole{0, 1}},
		},
	}
)

func inline(needs, may map[string]rule) shape {
	return shape{needs: props(needs, map[string]rule{"type": isType}), may: props(may, map[string]rule{"style": styleShape})}
}

// The blocks.
var blockShapes = union{
	"header":  block(map[string]rule{"text": plainText(150)}, nil, nil),
	"divider": block(nil, nil, nil),
	"section": block(nil, map[string]rule{
		"text": anyTextObject(3000), "fields": array{1, 10, anyTextObject(2000)}, "expand": boolean{},
		"accessory": with(controlShapes, union{"image": imageElement}),
	}, func(c *checker, at string, o map[string]any) {
		if o["text"] == nil && o["fields"] == nil {
			c.say(at, "missing required field: text")
		}
	}),
	"context":   block(map[string]rule{"elements": array{1, 10, with(anyTextObject(3000), union{"image": imageElement})}}, nil, nil),
	"actions":   block(map[string]rule{"elements": array{1, 25, controlShapes}}, nil, nil),
	"rich_text": block(map[string]rule{"elements": array{1, math.MaxInt32, richParts}}, nil, nil),
	"image": block(map[string]rule{"alt_text": length{1, 2000}}, map[string]rule{
		"image_url": length{1, 3000}, "slack_file": slackFile, "title": plainText(2000),
	}, either("image_url", "slack_file")),
	"input": block(map[string]rule{"label": plainText(2000), "element": inputShapes}, map[string]rule{
		"hint": plainText(2000), "optional": boolean{}, "dispatch_action": boolean{},
	}, nil),
}

func block(needs, may map[string]rule, also func(c *checker, at string, o map[string]any)) shape {
	return shape{
		needs: props(needs, map[string]rule{"type": isType}),
		may:   props(may, map[string]rule{"block_id": length{1, 255}}),
		also:  also,
	}
}

// The views. Their blocks are checked on their own.
var (
	viewRules = map[string]rule{"private_metadata": length{0, 3000}, "callback_id": length{0, 255}, "external_id": length{0, 255}}

	homeShape  = shape{needs: map[string]rule{"type": isType, "blocks": array{0, math.MaxInt32, nil}}, may: viewRules}
	modalShape = shape{
		needs: map[string]rule{"type": isType, "title": plainText(24), "blocks": array{0, math.MaxInt32, nil}},
		may: props(viewRules, map[string]rule{
			"submit": plainText(24), "close": plainText(24), "clear_on_close": boolean{}, "notify_on_close": boolean{},
		}),
	}
)
