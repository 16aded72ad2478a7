package mmtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/mattermost/mattermost/server/public/model"
)

// T is what the functions that set a stage need of a test: a *testing.T has it, and so does a
// *testscript.TestScript.
type T interface {
	Fatalf(format string, args ...any)
}

// A Bot is a bot account, a member of its team and of no channel.
type Bot struct {
	ID, Username, Token string
	Client              *model.Client4
}

// names counts what was made, because team and user names are shared by all tests on a server.
var names atomic.Int64

// unique returns name with a number behind it, in the letters that the server accepts.
func unique(name string) string {
	return fmt.Sprintf("%s-%d", strings.ToLower(name), names.Add(1))
}

// NewTeam makes an open team. Its DisplayName is name, its Name has a number behind that.
func (s *Server) NewTeam(t T, name string) *model.Team {
	team, _, err := s.Admin.CreateTeam(context.Background(), &model.Team{DisplayName: name, Name: unique(name), Type: model.TeamOpen})
	if err != nil {
		t.Fatalf("create team %s: %v", name, err)
	}
	return team
}

// NewUser makes a Dutch-speaking member of team and opens their client. The account has an access
// token in place of a password login, which would take the server 150 ms more.
func (s *Server) NewUser(t T, team *model.Team, name string) *User {
	ctx := context.Background()
	username := unique(name)
	account, _, err := s.Admin.CreateUser(ctx, &model.User{
		Username: username, FirstName: name, Email: username + "@example.com", Password: model.NewId(), Locale: "nl",
	})
	if err != nil {
		t.Fatalf("create user %s: %v", name, err)
	}
	token, err := s.admit(ctx, team, account.Id)
	if err != nil {
		t.Fatalf("user %s: %v", name, err)
	}
	u := &User{ID: account.Id, Name: name, Username: username, Client: s.client(token), team: team}
	if err := u.listen("ws"+strings.TrimPrefix(s.URL, "http"), token); err != nil {
		t.Fatalf("user %s: %v", name, err)
	}
	return u
}

// NewBot makes a bot account with an access token.
func (s *Server) NewBot(t T, team *model.Team, name string) *Bot {
	ctx := context.Background()
	account, _, err := s.Admin.CreateBot(ctx, &model.Bot{Username: unique(name), DisplayName: name})
	if err != nil {
		t.Fatalf("create bot %s: %v", name, err)
	}
	token, err := s.admit(ctx, team, account.UserId)
	if err != nil {
		t.Fatalf("bot %s: %v", name, err)
	}
	return &Bot{ID: account.UserId, Username: account.Username, Token: token, Client: s.client(token)}
}

// admit adds an account to the team and returns a token that never expires.
func (s *Server) admit(ctx context.Context, team *model.Team, id string) (string, error) {
	if _, _, err := s.Admin.AddTeamMember(ctx, team.Id, id); err != nil {
		return "", fmt.Errorf("join team: %w", err)
	}
	token, _, err := s.Admin.CreateUserAccessToken(ctx, id, "test", 0)
	if err != nil {
		return "", fmt.Errorf("create token: %w", err)
	}
	return token.Token, nil
}

func (s *Server) client(token string) *model.Client4 {
	c := model.NewAPIv4Client(s.URL)
	c.SetToken(token)
	return c
}

// NewChannel makes a channel of exactly these members, given by id.
func (s *Server) NewChannel(t T, team *model.Team, name string, private bool, members ...string) *model.Channel {
	ctx := context.Background()
	kind := model.ChannelTypeOpen
	if private {
		kind = model.ChannelTypePrivate
	}
	channel, _, err := s.Admin.CreateChannel(ctx, &model.Channel{TeamId: team.Id, Name: strings.ToLower(name), DisplayName: name, Type: kind})
	if err != nil {
		t.Fatalf("create channel %s: %v", name, err)
	}
	for _, id := range members {
		if _, _, err := s.Admin.AddChannelMember(ctx, channel.Id, id); err != nil {
			t.Fatalf("add %s to channel %s: %v", id, name, err)
		}
	}
	creator, _, err := s.Admin.GetMe(ctx, "")
	if err == nil {
		_, err = s.Admin.RemoveUserFromChannel(ctx, channel.Id, creator.Id)
	}
	if err != nil {
		t.Fatalf("leave channel %s: %v", name, err)
	}
	return channel
}

// Posts returns what stands in a channel, read as the administrator: oldest first, the replies of a
// thread behind its root, without the server's own messages about members and headers.
func (s *Server) Posts(channelID string) ([]*model.Post, error) {
	const perPage = 200
	all := map[string]*model.Post{}
	for page := 0; ; page++ {
		list, _, err := s.Admin.GetPostsForChannel(context.Background(), channelID, page, perPage, "", false, false)
		if err != nil {
			return nil, fmt.Errorf("posts of channel %s: %w", channelID, err)
		}
		for id, post := range list.Posts {
			if !post.IsSystemMessage() {
				all[id] = post
			}
		}
		if len(list.Order) < perPage {
			break
		}
	}
	root := func(p *model.Post) *model.Post {
		if r := all[p.RootId]; r != nil {
			return r
		}
		return p
	}
	posts := make([]*model.Post, 0, len(all))
	for _, post := range all {
		posts = append(posts, post)
	}
	slices.SortFunc(posts, func(a, b *model.Post) int {
		ra, rb := root(a), root(b)
		return cmp.Or(
			cmp.Compare(ra.CreateAt, rb.CreateAt), cmp.Compare(ra.Id, rb.Id), // thread by thread
			cmp.Compare(len(a.RootId), len(b.RootId)), // the root first
			cmp.Compare(a.CreateAt, b.CreateAt), cmp.Compare(a.Id, b.Id),
		)
	})
	return posts, nil
}
