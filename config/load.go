package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Problems are all mistakes found at once, in Dutch, each with its place: a
// line of a file or the name of a variable. No secret is among them.
type Problems []string

func (p Problems) Error() string { return strings.Join(p, "\n") }

// maxFile is far more than a configuration needs, in bytes.
const maxFile = 1 << 20

// Load reads env, in the form of os.Environ, then the file at path and the
// secrets file beside it; an empty path leaves both out, but for the secrets
// file that a variable names. What was read first wins, and an empty value
// counts as not set. A relative path in a file is relative to that file. The
// error is a Problems.
func Load(path string, env []string) (Config, error) {
	l := newLoader()
	l.environment(env)
	if path != "" {
		l.file(path, false)
		l.secretsBeside(path)
	}
	if path != "" || l.from["secrets"] != "" {
		l.file(l.config.Secrets, true)
	}
	if path != "" {
		l.dataBeside(path)
	}
	l.needed()
	return l.result()
}

// Draft is what the file at path and its secrets file hold so far, complete or
// not, for Save to complete. Neither needs to be there. The error is a Problems.
func Draft(path string) (Config, error) {
	l := newLoader()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		l.file(path, false)
	}
	l.secretsBeside(path)
	l.file(l.config.Secrets, true)
	l.dataBeside(path)
	return l.result()
}

type loader struct {
	config   Config
	from     map[string]string // by key: where its value came from
	faulty   map[string]bool   // by key: something is wrong with what was set
	problems Problems
}

func newLoader() *loader {
	return &loader{config: defaults(), from: map[string]string{}, faulty: map[string]bool{}}
}

func (l *loader) result() (Config, error) {
	if len(l.problems) > 0 {
		return Config{}, l.problems
	}
	return l.config, nil
}

// secretsBeside and dataBeside give the places that they have by default, beside
// the file at path. Only the secrets may tell that there is a platform.
func (l *loader) secretsBeside(path string) {
	if l.from["secrets"] == "" {
		l.config.Secrets = beside(filepath.Dir(path), l.config.Secrets)
	}
}

func (l *loader) dataBeside(path string) {
	if l.config.Data == "" && l.config.HasPlatform() {
		l.config.Data = filepath.Join(filepath.Dir(path), "data")
	}
}

func (l *loader) wrong(where, key, what string) {
	if key != "" {
		l.faulty[key] = true
		where += ": " + key
	}
	l.problems = append(l.problems, where+": "+what)
}

// environment takes the settings from variables. With _FILE behind its name, a
// variable of a secret gives the file that holds it.
func (l *loader) environment(env []string) {
	for _, entry := range slices.Sorted(slices.Values(env)) {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "KANSBOT_") || value == "" || foreign(name) {
			continue
		}
		base, inFile := strings.CutSuffix(name, "_FILE")
		i := slices.IndexFunc(settings, func(s setting) bool {
			return s.variable() == name || inFile && s.secret && s.variable() == base
		})
		if i < 0 {
			l.unknownVariable(name)
			continue
		}
		s := settings[i]
		if inFile {
			content, err := read(value)
			if err != nil {
				l.wrong(name, s.key, "kan "+value+" niet lezen: "+err.Error())
				continue
			}
			value = string(content)
		}
		l.variable(place{name: name, env: true, secret: s.secret}, s, value)
	}
}

// variable gives a setting the value of a variable: as it stands for a single
// value, as YAML for a list or a map.
func (l *loader) variable(p place, s setting, value string) {
	switch s.field(&l.config).(type) {
	case *string, *Secret:
		l.set(p, s, ast.String(token.New(value, value, &token.Position{})))
	default:
		node, err := parse([]byte(value))
		if err != nil {
			l.wrong(p.name, s.key, "dit is geen geldige YAML"+p.detail(err))
		} else if node != nil {
			l.set(p, s, node)
		}
	}
}

// foreign are names that mean something else: KANSBOT_CONFIG is a flag of the
// program, and Kubernetes sets the others for a Service called kansbot.
func foreign(name string) bool {
	return name == "KANSBOT_CONFIG" || name == "KANSBOT_PORT" ||
		strings.HasPrefix(name, "KANSBOT_PORT_") || strings.HasPrefix(name, "KANSBOT_SERVICE_")
}

func (l *loader) unknownVariable(name string) {
	var names []string
	for _, s := range settings {
		names = append(names, s.variable())
		if s.secret {
			names = append(names, s.variable()+"_FILE")
		}
	}
	l.wrong(name, "", "onbekende variabele"+didYouMean(name, names))
}

func (l *loader) file(path string, secret bool) {
	text, err := read(path)
	if secret && errors.Is(err, fs.ErrNotExist) {
		return // what it should have held is reported when it is needed
	}
	if err != nil {
		l.wrong(path, "", "kan dit bestand niet lezen: "+err.Error())
		return
	}
	if info, err := os.Stat(path); secret && err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		l.wrong(path, "", fmt.Sprintf("anderen op deze machine kunnen bij dit bestand (%04o); doe: chmod 600 %s", info.Mode().Perm(), path))
		return
	}
	p := place{name: path, dir: filepath.Dir(path), secret: secret}
	node, err := parse(text)
	if err != nil {
		l.wrong(p.of(err), "", "dit is geen geldige YAML"+p.detail(err))
		return
	}
	l.tree(p, node, "")
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err) // without the path: it stands in front
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	if len(text) > maxFile {
		return nil, errors.New("te groot")
	}
	return text, nil
}

func beside(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
