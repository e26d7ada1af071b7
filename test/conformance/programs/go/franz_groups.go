package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Groups and their offsets.
func franzGroupCases() []testCase {
	var cases []testCase
	add := func(name string, run func(ctx context.Context) any) { cases = append(cases, testCase{name, run}) }

	balancers := map[string]kgo.GroupBalancer{"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(), "sticky": kgo.StickyBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer()}
	for _, name := range []string{"range", "roundrobin", "sticky", "cooperative-sticky"} {
		add("a group of three grows and shrinks, "+name, func(ctx context.Context) any {
			topic := franzTopic(ctx, "kgo-group-"+name, 6)
			franzSend(ctx, topic, 600, 6)
			group := "kgo-group-" + name
			var mu sync.Mutex
			owned := map[int]map[int32]bool{}
			seen := map[string]bool{}
			lost := 0
			join := func(id int) *kgo.Client {
				owned[id] = map[int32]bool{}
				c := franz(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.Balancers(balancers[name]), kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(200*time.Millisecond), kgo.DisableAutoCommit(),
					kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
						mu.Lock()
						defer mu.Unlock()
						for _, p := range m[topic] {
							owned[id][p] = true
						}
					}),
					kgo.OnPartitionsRevoked(func(ctx context.Context, c *kgo.Client, m map[string][]int32) {
						_ = c.CommitUncommittedOffsets(ctx)
						mu.Lock()
						defer mu.Unlock()
						for _, p := range m[topic] {
							delete(owned[id], p)
						}
					}),
					kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
						mu.Lock()
						defer mu.Unlock()
						lost += len(m[topic])
						for _, p := range m[topic] {
							delete(owned[id], p)
						}
					}))
				go func() {
					for ctx.Err() == nil {
						f := c.PollFetches(ctx)
						if f.IsClientClosed() {
							return
						}
						mu.Lock()
						for _, r := range f.Records() {
							seen[string(r.Value)] = true
						}
						mu.Unlock()
					}
				}()
				return c
			}
			sizes := func() string {
				mu.Lock()
				defer mu.Unlock()
				var n []int
				for _, o := range owned {
					n = append(n, len(o))
				}
				return fmt.Sprint(sorted(n))
			}
			first := join(1)
			until(ctx, "alone", func() bool { return sizes() == "[6]" })
			second, third := join(2), join(3)
			until(ctx, "three", func() bool { return sizes() == "[2 2 2]" })
			until(ctx, "records", func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) == 600 })
			a := franzAdmin()
			defer a.Close()
			g := got(a.DescribeGroups(ctx, group))[group]
			state := []any{g.State, g.Protocol, g.ProtocolType, len(g.Members), errorText(g.Err)}
			must(first.CommitUncommittedOffsets(ctx))
			must(second.CommitUncommittedOffsets(ctx))
			must(third.CommitUncommittedOffsets(ctx))
			second.Close()
			until(ctx, "two", func() bool { return sizes() == "[0 3 3]" })
			third.Close()
			until(ctx, "one", func() bool { return sizes() == "[0 0 6]" })
			lag := got(a.Lag(ctx, group))
			first.Close()
			return []any{state, lost, lag[group].Lag.Total(), lag[group].State}
		})
	}
	add("static members keep their partitions and are thrown out", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-static", 2)
		franzSend(ctx, topic, 10, 2)
		mk := func(id string) *kgo.Client {
			return franz(kgo.ConsumerGroup("kgo-static"), kgo.InstanceID(id), kgo.ConsumeTopics(topic), kgo.SessionTimeout(10*time.Second), kgo.HeartbeatInterval(200*time.Millisecond))
		}
		one := mk("one")
		n := len(franzRead(ctx, one, 10))
		must(one.CommitUncommittedOffsets(ctx))
		one.Close()
		a := franzAdmin()
		defer a.Close()
		g := got(a.DescribeGroups(ctx, "kgo-static"))["kgo-static"]
		still := []any{g.State, len(g.Members), *g.Members[0].InstanceID}
		again := mk("one")
		until(ctx, "again", func() bool {
			again.PollFetches(short(ctx))
			_, generation := again.GroupMetadata()
			return generation > 0
		})
		again.Close()
		left := got(a.LeaveGroup(ctx, kadm.LeaveGroup("kgo-static").Reason("test").InstanceIDs("one", "two")))
		g = got(a.DescribeGroups(ctx, "kgo-static"))["kgo-static"]
		return []any{n, still, errorText(left["one"].Err), errorText(left["two"].Err), g.State, len(g.Members)}
	})
	add("commits and fetches offsets, and deletes them", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-offsets", 2)
		a := franzAdmin()
		defer a.Close()
		group := "kgo-offsets"
		var offsets kadm.Offsets
		offsets.Add(kadm.Offset{Topic: topic, Partition: 0, At: 3, LeaderEpoch: 0, Metadata: "here"})
		offsets.Add(kadm.Offset{Topic: topic, Partition: 1, At: 4, LeaderEpoch: -1})
		offsets.Add(kadm.Offset{Topic: topic, Partition: 2, At: 4, LeaderEpoch: -1})
		offsets.Add(kadm.Offset{Topic: "kgo-nowhere", Partition: 0, At: 4, LeaderEpoch: -1})
		committed, err := a.CommitOffsets(ctx, group, offsets)
		fetched := got(a.FetchOffsets(ctx, group))
		many := a.FetchManyOffsets(ctx, group, "kgo-no-group")
		some := got(a.FetchOffsetsForTopics(ctx, group, topic))
		deleted, derr := a.DeleteOffsets(ctx, group, kadm.TopicsSet{topic: {0: {}}})
		after := got(a.FetchOffsets(ctx, group))
		dg := got(a.DeleteGroups(ctx, group, "kgo-no-group"))
		show := func(r kadm.OffsetResponses) []string {
			found := []string{}
			r.Each(func(o kadm.OffsetResponse) {
				found = append(found, fmt.Sprint(o.Topic, o.Partition, o.At, o.LeaderEpoch, o.Metadata, errorText(o.Err)))
			})
			return sorted(found)
		}
		return []any{errorText(err), show(committed), show(fetched), show(many[group].Fetched), errorText(many["kgo-no-group"].Err), len(many["kgo-no-group"].Fetched), show(some), errorText(derr), fmt.Sprint(deleted), show(after), errorText(dg[group].Err), errorText(dg["kgo-no-group"].Err)}
	})
	add("lists groups by state and type", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-list-groups", 1)
		franzSend(ctx, topic, 1, 1)
		c := franz(kgo.ConsumerGroup("kgo-list-groups"), kgo.ConsumeTopics(topic))
		defer c.Close()
		franzRead(ctx, c, 1)
		a := franzAdmin()
		defer a.Close()
		pick := func(l kadm.ListedGroups, err error) any {
			g, is := l["kgo-list-groups"]
			return []any{errorText(err), is, g.State, g.ProtocolType, g.GroupType}
		}
		return []any{pick(a.ListGroups(ctx)), pick(a.ListGroups(ctx, "Stable")), pick(a.ListGroups(ctx, "Empty")), pick(a.ListGroupsByType(ctx, []string{"classic"})), pick(a.ListGroupsByType(ctx, []string{"consumer"}))}
	})
	add("describes a group that is not there", func(ctx context.Context) any {
		a := franzAdmin()
		defer a.Close()
		g := got(a.DescribeGroups(ctx, "kgo-nobody"))["kgo-nobody"]
		cg, err := a.DescribeConsumerGroups(ctx, "kgo-nobody")
		return []any{g.State, errorText(g.Err), len(g.Members), len(cg), err != nil}
	})
	return cases
}
