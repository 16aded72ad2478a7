package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kansbot/config"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// A file of holidays adds to those that Kansbot comes with. What is wrong with
// it is said at the start and by the check-up.
func TestHolidaysFromAFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "vakanties.json")
	for _, c := range []struct{ content, wrong string }{
		{`{"content": [{"schoolyear": "2029-2030", "vacations": [{"type": "Zomervakantie", "compulsorydates": "true", "regions":
			[{"region": "midden", "startdate": "2030-07-05T22:00:00.000Z", "enddate": "2030-08-18T21:59:00.000Z"}]}]}]}`, ""},
		{`{"content": []}`, "none in it"},
		{"", "staan geen schoolvakanties"},
		{"missing", "kan het bestand niet lezen"},
	} {
		os.Remove(file)
		if c.content != "missing" {
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("KANSBOT_VAKANTIES", file)
		t.Setenv("KANSBOT_LISTEN", "127.0.0.1:1") // where nothing answers
		code, stdout, _ := shell("check")
		if (code != 0) != (c.wrong != "") || !strings.Contains(stdout, c.wrong) || strings.Contains(stdout, "FOUT  vakanties") != (c.wrong != "") {
			t.Errorf("%q: check says %d\n%s", c.content, code, stdout)
		}
		a, err := newApp(t.Context(), config.Config{Data: dir, Holidays: file}, &clock{}, quiet())
		if err == nil {
			if _, found := a.holidays.On("midden", team.Date{Year: 2030, Month: time.July, Day: 6}); !found || len(a.holidays.All()) <= len(schedule.BuiltIn().All()) {
				t.Error("the file was not read")
			}
			a.close()
		}
		if (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%q: the start says %v", c.content, err)
		}
	}
}

// The check-up warns a year before the holidays of a region end.
func TestCheckWarnsThatHolidaysEnd(t *testing.T) {
	until := schedule.BuiltIn().KnownUntil("midden", team.Date{Year: 2027, Month: time.January, Day: 11})
	for now, warns := range map[string]bool{"2027-01-11": false, "2028-08-01": false, "2028-08-20": true} {
		at, err := time.Parse(time.DateOnly, now)
		if err != nil {
			t.Fatal(err)
		}
		if f := checkHolidays("midden", until, at); !f.OK || strings.Contains(f.Says, "LET OP") != warns {
			t.Errorf("on %s it says %+v", now, f)
		}
	}
	if f := checkHolidays("midden", team.Date{}, time.Now()); !strings.Contains(f.Says, "LET OP") {
		t.Errorf("of a school year that is not known it says %+v", f)
	}

	a, address, stop := boot(t, false, wirePractice) // with a kernteam in regio midden
	t.Setenv("KANSBOT_DATA", a.config.Data)
	t.Setenv("KANSBOT_LISTEN", strings.TrimPrefix(address, "http://"))
	_, running, _ := shell("check")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	_, stopped, _ := shell("check")
	for _, stdout := range []string{running, stopped} {
		if !strings.Contains(stdout, "ok    vakanties, regio midden: ") || strings.Contains(stdout, "regio zuid") {
			t.Errorf("check says\n%s", stdout)
		}
	}
}
