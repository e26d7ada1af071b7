package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
)

// Quotas of clients, and credentials of users.
func franzAccountCases() []testCase {
	return []testCase{
		{"quotas are set, found and removed", quotas},
		{"what is refused about quotas", refusedQuotas},
		{"credentials of users", credentials},
	}
}

func entity(parts ...string) kadm.ClientQuotaEntity {
	var e kadm.ClientQuotaEntity
	for i := 0; i < len(parts); i += 2 {
		part := kadm.ClientQuotaEntityComponent{Type: parts[i]}
		if parts[i+1] != "<default>" {
			part.Name = &parts[i+1]
		}
		e = append(e, part)
	}
	return e
}

func rate(e kadm.ClientQuotaEntity, key string, value float64) kadm.AlterClientQuotaEntry {
	return kadm.AlterClientQuotaEntry{Entity: e, Ops: []kadm.AlterClientQuotaOp{{Key: key, Value: value, Remove: value < 0}}}
}

func quotas(ctx context.Context) any {
	a := franzAdmin()
	defer a.Close()
	find := func(strict bool, parts ...kadm.DescribeClientQuotaComponent) []string {
		found := []string{}
		for _, q := range got(a.DescribeClientQuotas(ctx, strict, parts)) {
			slices.SortFunc(q.Values, func(a, b kadm.ClientQuotaValue) int { return len(a.Key) - len(b.Key) })
			found = append(found, fmt.Sprint(len(q.Entity), q.Values))
		}
		return sorted(found)
	}
	anyOf := func(name string) kadm.DescribeClientQuotaComponent {
		return kadm.DescribeClientQuotaComponent{Type: name, MatchType: 2}
	}
	user := "amy"
	amy := kadm.DescribeClientQuotaComponent{Type: "user", MatchType: 0, MatchName: &user}
	byDefault := kadm.DescribeClientQuotaComponent{Type: "user", MatchType: 1}
	rates := []kadm.AlterClientQuotaEntry{
		rate(entity("user", "amy"), "producer_byte_rate", 1000),
		rate(entity("user", "amy", "client-id", "c"), "consumer_byte_rate", 2000),
		rate(entity("user", "<default>"), "request_percentage", 50.5),
		rate(entity("ip", "10.0.0.1"), "connection_creation_rate", 7),
	}
	for _, altered := range got(a.AlterClientQuotas(ctx, rates)) {
		must(altered.Err)
	}
	until(ctx, "quotas", func() bool { return len(find(false)) == 4 })
	first := []any{find(false), find(false, amy), find(true, amy), find(false, byDefault), find(true, anyOf("user")), find(false, anyOf("client-id")), find(false, anyOf("ip"))}
	got(a.ValidateAlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{rate(entity("user", "eve"), "producer_byte_rate", 1)}))
	got(a.AlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{rate(entity("user", "amy"), "producer_byte_rate", -1)}))
	until(ctx, "less quotas", func() bool { return len(find(false)) == 3 })
	return append(first, find(false, anyOf("user")))
}

func refusedQuotas(ctx context.Context) any {
	a := franzAdmin()
	defer a.Close()
	seen := []any{}
	for _, each := range []kadm.AlterClientQuotaEntry{
		rate(entity("user", "bob"), "bogus", 1),
		rate(entity("user", "bob"), "producer_byte_rate", 0),
		rate(entity("ip", "10.0.0.1"), "producer_byte_rate", 5),
		rate(entity("user", "bob", "ip", "10.0.0.1"), "connection_creation_rate", 5),
		rate(entity("planet", "earth"), "producer_byte_rate", 5),
		rate(entity(), "producer_byte_rate", 5),
		rate(entity("user", ""), "producer_byte_rate", 5),
		rate(entity("user", "bob", "user", "eve"), "producer_byte_rate", 5),
		rate(entity("ip", "no address"), "connection_creation_rate", 5),
	} {
		altered, err := a.AlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{each})
		if err != nil {
			seen = append(seen, errorText(err))
			continue
		}
		seen = append(seen, errorText(altered[0].Err), altered[0].ErrMessage)
	}
	twice := kadm.DescribeClientQuotaComponent{Type: "user", MatchType: 2}
	_, err := a.DescribeClientQuotas(ctx, false, []kadm.DescribeClientQuotaComponent{twice, twice})
	strange := kadm.DescribeClientQuotaComponent{Type: "planet", MatchType: 2}
	_, other := a.DescribeClientQuotas(ctx, false, []kadm.DescribeClientQuotaComponent{strange})
	return append(seen, errorText(err), errorText(other))
}

func credentials(ctx context.Context) any {
	a := franzAdmin()
	defer a.Close()
	alter := func(del []kadm.DeleteSCRAM, set ...kadm.UpsertSCRAM) []string {
		seen := []string{}
		for _, each := range got(a.AlterUserSCRAMs(ctx, del, set)) {
			seen = append(seen, fmt.Sprint(each.User, " ", errorText(each.Err), " ", each.ErrMessage))
		}
		return sorted(seen)
	}
	show := func(users ...string) []string {
		seen := []string{}
		for _, each := range got(a.DescribeUserSCRAMs(ctx, users...)) {
			// Kafka has no order for them.
			credentials := []string{}
			for _, info := range each.CredInfos {
				credentials = append(credentials, fmt.Sprint(info))
			}
			seen = append(seen, fmt.Sprint(each.User, sorted(credentials), " ", errorText(each.Err), " ", each.ErrMessage))
		}
		return sorted(seen)
	}
	set := func(user string, mechanism kadm.ScramMechanism, iterations int32) kadm.UpsertSCRAM {
		return kadm.UpsertSCRAM{User: user, Mechanism: mechanism, Iterations: iterations, Password: "secret"}
	}
	del := func(user string, mechanism kadm.ScramMechanism) []kadm.DeleteSCRAM {
		return []kadm.DeleteSCRAM{{User: user, Mechanism: mechanism}}
	}
	before := show()
	made := alter(nil, set("amy", kadm.ScramSha256, 4096), set("bob", kadm.ScramSha512, 8192), set("cat", kadm.ScramSha256, 4096), set("cat", kadm.ScramSha512, 4096))
	until(ctx, "credentials", func() bool { return len(show()) == 2 })
	more := alter(nil, set("amy", kadm.ScramSha512, 4096))
	until(ctx, "two credentials", func() bool { return len(got(a.DescribeUserSCRAMs(ctx, "amy"))["amy"].CredInfos) == 2 })
	seen := []any{before, made, more, show(), show("amy", "eve"), alter(del("amy", kadm.ScramSha512)), alter(del("bob", kadm.ScramSha256)), alter(del("eve", kadm.ScramSha256))}
	until(ctx, "fewer credentials", func() bool { return len(got(a.DescribeUserSCRAMs(ctx, "amy"))["amy"].CredInfos) == 1 })
	return append(seen, alter(del("amy", kadm.ScramSha256), set("amy", kadm.ScramSha256, 4096)), show())
}
