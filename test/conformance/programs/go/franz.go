package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func franz(opts ...kgo.Opt) *kgo.Client {
	return got(kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(broker)}, opts...)...))
}

func franzAdmin() *kadm.Client { return kadm.NewClient(franz()) }

func franzTopic(ctx context.Context, name string, partitions int32) string {
	a := franzAdmin()
	defer a.Close()
	got(a.CreateTopic(ctx, partitions, 1, nil, name))
	until(ctx, "topic "+name, func() bool {
		details, err := a.ListTopics(ctx, name)
		return err == nil && details.Error() == nil && len(details[name].Partitions) == int(partitions)
	})
	return name
}

func franzSend(ctx context.Context, topic string, count int, partitions int, opts ...kgo.Opt) {
	c := franz(append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	defer c.Close()
	records := make([]*kgo.Record, count)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Partition: int32(i % partitions), Key: []byte(fmt.Sprint(i)), Value: []byte(fmt.Sprintf("value %d", i)),
			Headers: []kgo.RecordHeader{{Key: "number", Value: []byte(fmt.Sprint(i))}, {Key: "empty"}}}
	}
	must(c.ProduceSync(ctx, records...).FirstErr())
}

func franzRead(ctx context.Context, c *kgo.Client, count int) []*kgo.Record {
	var all []*kgo.Record
	for len(all) < count {
		fetches := c.PollFetches(ctx)
		must(fetches.Err())
		all = append(all, fetches.Records()...)
	}
	return all
}

func values(records []*kgo.Record) []string {
	found := []string{}
	for _, r := range records {
		found = append(found, string(r.Value))
	}
	return found
}

func codecs() map[string]kgo.CompressionCodec {
	return map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
}

func franzCases() []testCase {
	var cases []testCase
	add := func(name string, run func(ctx context.Context) any) { cases = append(cases, testCase{name, run}) }

	for _, name := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		codec := codecs()[name]
		add("produces and consumes, compression "+name, func(ctx context.Context) any {
			topic := franzTopic(ctx, "kgo-"+name, 2)
			franzSend(ctx, topic, 1000, 2, kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(20*time.Millisecond))
			c := franz(kgo.ConsumeTopics(topic))
			defer c.Close()
			read := franzRead(ctx, c, 1000)
			seen := map[string]bool{}
			for _, r := range read {
				seen[string(r.Value)] = true
			}
			r := read[len(read)-1]
			return []any{len(read), len(seen), len(r.Headers), r.LeaderEpoch, r.Attrs.CompressionType()}
		})
		add("finds an offset by time, compression "+name, func(ctx context.Context) any {
			topic := franzTopic(ctx, "kgo-time-"+name, 1)
			c := franz(kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(50*time.Millisecond))
			defer c.Close()
			var records []*kgo.Record
			for i := 0; i < 100; i++ {
				records = append(records, &kgo.Record{Topic: topic, Value: bytes.Repeat([]byte("x"), 100), Timestamp: time.UnixMilli(1_700_000_000_000 + int64(i)*1000)})
			}
			must(c.ProduceSync(ctx, records...).FirstErr())
			a := kadm.NewClient(c)
			found := []any{}
			for _, at := range []int64{0, 1_700_000_010_000, 1_700_000_010_001, 1_700_000_099_000, 1_700_000_099_001} {
				l := got(a.ListOffsetsAfterMilli(ctx, at, topic))
				o, _ := l.Lookup(topic, 0)
				found = append(found, []any{o.Offset, o.Timestamp, o.LeaderEpoch, errorText(o.Err)})
			}
			m, _ := got(a.ListMaxTimestampOffsets(ctx, topic)).Lookup(topic, 0)
			return append(found, m.Offset, m.Timestamp)
		})
	}
	for _, acks := range []int{0, 1, -1} {
		add(fmt.Sprintf("produces without idempotence, acks %d", acks), func(ctx context.Context) any {
			topic := franzTopic(ctx, fmt.Sprintf("kgo-acks%d", acks), 1)
			which := map[int]kgo.Acks{0: kgo.NoAck(), 1: kgo.LeaderAck(), -1: kgo.AllISRAcks()}[acks]
			franzSend(ctx, topic, 100, 1, kgo.RequiredAcks(which), kgo.DisableIdempotentWrite())
			c := franz(kgo.ConsumeTopics(topic))
			defer c.Close()
			return len(franzRead(ctx, c, 100))
		})
	}
	add("consumes from given places", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-places", 1)
		franzSend(ctx, topic, 20, 1)
		from := func(o kgo.Offset) []string {
			c := franz(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: o}}))
			defer c.Close()
			return values(franzRead(ctx, c, 1))[:1]
		}
		return []any{from(kgo.NewOffset().At(5)), from(kgo.NewOffset().AtEnd().Relative(-3)), from(kgo.NewOffset().AtStart().Relative(2)), from(kgo.NewOffset().At(5).WithEpoch(0)), from(kgo.NewOffset().AfterMilli(1)), from(kgo.NewOffset().AtCommitted().AtStart())}
	})
	add("offsets out of range", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-range", 1)
		franzSend(ctx, topic, 20, 1)
		a := franzAdmin()
		defer a.Close()
		deleted := got(a.DeleteRecords(ctx, kadm.Offsets{topic: {0: kadm.Offset{Topic: topic, Partition: 0, At: 7}}}))
		start, _ := got(a.ListStartOffsets(ctx, topic)).Lookup(topic, 0)
		c := franz(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(3)}}), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		defer c.Close()
		first := franzRead(ctx, c, 1)[0].Offset
		n := franz(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(3)}}), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
		defer n.Close()
		f := n.PollFetches(ctx)
		return []any{deleted[topic][0].LowWatermark, start.Offset, first, errorText(f.Err0())}
	})
	add("follows a regular expression and a new topic", func(ctx context.Context) any {
		franzTopic(ctx, "kgo-regex-a", 1)
		c := franz(kgo.ConsumeTopics("^kgo-regex-.*"), kgo.ConsumeRegex(), kgo.MetadataMinAge(200*time.Millisecond), kgo.MetadataMaxAge(500*time.Millisecond))
		defer c.Close()
		franzSend(ctx, "kgo-regex-a", 1, 1)
		one := len(franzRead(ctx, c, 1))
		franzTopic(ctx, "kgo-regex-b", 1)
		franzSend(ctx, "kgo-regex-b", 2, 1)
		return []any{one, len(franzRead(ctx, c, 2))}
	})
	add("a topic that is deleted and made again while it is read", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-recreated", 1)
		franzSend(ctx, topic, 5, 1)
		c := franz(kgo.ConsumeTopics(topic), kgo.MetadataMinAge(200*time.Millisecond), kgo.MetadataMaxAge(500*time.Millisecond))
		defer c.Close()
		before := len(franzRead(ctx, c, 5))
		a := franzAdmin()
		defer a.Close()
		got(a.DeleteTopics(ctx, topic))
		until(ctx, "gone", func() bool { l, _ := a.ListTopics(ctx, topic); return l[topic].Err != nil })
		franzTopic(ctx, topic, 1)
		franzSend(ctx, topic, 7, 1)
		after := franz(kgo.ConsumeTopics(topic))
		defer after.Close()
		return []any{before, len(franzRead(ctx, after, 7))}
	})
	add("a topic that is not there", func(ctx context.Context) any {
		c := franz(kgo.UnknownTopicRetries(1))
		defer c.Close()
		without := c.ProduceSync(ctx, &kgo.Record{Topic: "kgo-absent", Value: []byte("x")}).FirstErr()
		m := franz(kgo.AllowAutoTopicCreation())
		defer m.Close()
		with := m.ProduceSync(ctx, &kgo.Record{Topic: "kgo-auto", Value: []byte("x")}).FirstErr()
		return []any{errorText(without), errorText(with)}
	})
	add("a large message", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-large", 1)
		a := franzAdmin()
		defer a.Close()
		size := "20000000"
		altered := got(a.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &size}}, topic))
		big := make([]byte, 10_000_000)
		rand.New(rand.NewSource(1)).Read(big)
		c := franz(kgo.ProducerBatchMaxBytes(15_000_000), kgo.MaxBufferedRecords(10), kgo.ConsumeTopics(topic), kgo.FetchMaxPartitionBytes(1_000))
		defer c.Close()
		var err error
		until(ctx, "settings", func() bool {
			err = c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: big}).FirstErr()
			return err == nil
		})
		return []any{errorText(altered[0].Err), bytes.Equal(franzRead(ctx, c, 1)[0].Value, big)}
	})
	add("a message that is too large", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-too-large", 1)
		c := franz(kgo.ProducerBatchMaxBytes(5_000_000))
		defer c.Close()
		big := make([]byte, 2_000_000)
		rand.New(rand.NewSource(1)).Read(big)
		return errorText(c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: big}).FirstErr())
	})
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
	add("topics are made, described, grown and deleted", func(ctx context.Context) any {
		a := franzAdmin()
		defer a.Close()
		v := "1234567"
		r := got(a.CreateTopics(ctx, 3, -1, map[string]*string{"retention.ms": &v, "cleanup.policy": kadm.StringPtr("compact")}, "kgo-admin", "bad name"))
		made := []any{}
		for _, t := range r.Sorted() {
			made = append(made, t.Topic, errorText(t.Err), t.ErrMessage, t.NumPartitions, t.ReplicationFactor, len(t.Configs) > 20)
		}
		twice, terr := a.CreateTopic(ctx, 1, 1, nil, "kgo-admin")
		many, merr := a.CreateTopic(ctx, 1, 3, nil, "kgo-many")
		dry, drr := a.ValidateCreateTopics(ctx, 2, 1, nil, "kgo-dry")
		until(ctx, "made", func() bool { l, _ := a.ListTopics(ctx, "kgo-admin"); return l["kgo-admin"].Err == nil })
		grown := got(a.CreatePartitions(ctx, 2, "kgo-admin", "kgo-none"))
		set := got(a.UpdatePartitions(ctx, 2, "kgo-admin"))
		until(ctx, "grown", func() bool { l, _ := a.ListTopics(ctx, "kgo-admin"); return len(l["kgo-admin"].Partitions) == 5 })
		l := got(a.ListTopics(ctx, "kgo-admin"))["kgo-admin"]
		same := l.ID != kadm.TopicID{}
		gone := got(a.DeleteTopics(ctx, "kgo-admin", "kgo-none"))
		return []any{made, errorText(twice.Err), twice.ErrMessage, errorText(terr), errorText(many.Err), many.ErrMessage, errorText(merr), errorText(dry["kgo-dry"].Err), errorText(drr),
			errorText(grown["kgo-admin"].Err), errorText(grown["kgo-none"].Err), errorText(set["kgo-admin"].Err), set["kgo-admin"].ErrMessage, len(l.Partitions), l.IsInternal, same, errorText(gone["kgo-admin"].Err), errorText(gone["kgo-none"].Err), gone["kgo-none"].ErrMessage}
	})
	add("settings are described and changed", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-settings", 1)
		a := franzAdmin()
		defer a.Close()
		one, bad := "86400000", "long"
		inc := got(a.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &one}, {Op: kadm.AppendConfig, Name: "cleanup.policy", Value: kadm.StringPtr("compact")}}, topic))
		wrong := got(a.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &bad}}, topic))
		dry := got(a.ValidateAlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: kadm.StringPtr("5")}}, topic))
		nowhere := got(a.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &one}}, "kgo-none"))
		show := func() any {
			rs := got(a.DescribeTopicConfigs(ctx, topic))
			found := []any{}
			for _, c := range rs[0].Configs {
				if c.Key == "retention.ms" || c.Key == "cleanup.policy" {
					syn := []string{}
					for _, s := range c.Synonyms {
						syn = append(syn, s.Key+"="+value(s.Value)+" "+s.Source.String())
					}
					found = append(found, c.Key, c.MaybeValue(), c.Source.String(), c.Sensitive, syn)
				}
			}
			return found
		}
		var first any
		until(ctx, "change", func() bool { first = show(); return strings.Contains(fmt.Sprint(first), "86400000") })
		state := got(a.AlterTopicConfigsState(ctx, []kadm.AlterConfig{{Name: "max.message.bytes", Value: kadm.StringPtr("2000")}}, topic))
		until(ctx, "change back", func() bool { return !strings.Contains(fmt.Sprint(show()), "86400000") })
		b, berr := a.DescribeBrokerConfigs(ctx, 1)
		brokerNames := map[string]bool{}
		for _, c := range b[0].Configs {
			brokerNames[c.Key] = true
		}
		none := got(a.DescribeTopicConfigs(ctx, "kgo-none"))
		return []any{errorText(inc[0].Err), errorText(wrong[0].Err), wrong[0].ErrMessage, errorText(dry[0].Err), errorText(nowhere[0].Err), first, errorText(state[0].Err), show(), errorText(berr), brokerNames["log.retention.ms"], brokerNames["auto.create.topics.enable"], errorText(none[0].Err)}
	})
	add("the cluster", func(ctx context.Context) any {
		a := franzAdmin()
		defer a.Close()
		m := got(a.Metadata(ctx))
		bs := got(a.ListBrokers(ctx))
		v := got(a.ApiVersions(ctx))
		dirs := got(a.DescribeAllLogDirs(ctx, nil))
		return []any{m.Controller, len(m.Cluster) > 0, len(bs), bs[0].NodeID, bs[0].Rack, len(v), len(dirs)}
	})
	add("coordinators are found in one request", func(ctx context.Context) any {
		a := franzAdmin()
		defer a.Close()
		g := a.FindGroupCoordinators(ctx, "a", "b", "c")
		t := a.FindTxnCoordinators(ctx, "a", "b")
		return []any{len(g), len(t), g["a"].NodeID, errorText(g.Error()), errorText(t.Error())}
	})
	add("epochs of leaders", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-epochs", 1)
		franzSend(ctx, topic, 5, 1)
		a := franzAdmin()
		defer a.Close()
		var r kadm.OffsetForLeaderEpochRequest
		r.Add(topic, 0, 0)
		o := got(a.OffsetForLeaderEpoch(ctx, r))
		e := o[topic][0]
		return []any{e.LeaderEpoch, e.EndOffset, errorText(e.Err)}
	})
	add("producers of a partition", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-producers", 1)
		franzSend(ctx, topic, 5, 1)
		a := franzAdmin()
		defer a.Close()
		d := got(a.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: {}}}))
		p := d[topic].Partitions[0]
		seen := []any{}
		for _, each := range p.ActiveProducers.Sorted() {
			seen = append(seen, each.ProducerEpoch, each.LastSequence, each.CoordinatorEpoch, each.CurrentTxnStartOffset, each.ProducerID >= 0)
		}
		return []any{errorText(p.Err), seen}
	})
	add("transactions are listed and described", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-list-tx", 1)
		c := franz(kgo.TransactionalID("kgo-list-tx"), kgo.TransactionTimeout(20*time.Second))
		defer c.Close()
		a := franzAdmin()
		defer a.Close()
		look := func() any {
			l := got(a.ListTransactions(ctx, nil, nil))["kgo-list-tx"]
			ongoing, oerr := a.ListTransactions(ctx, nil, []string{"Ongoing"})
			_, isOngoing := ongoing["kgo-list-tx"]
			pattern, perr := a.ListTransactionsByTxPattern(ctx, nil, nil, "kgo-list.*")
			d := got(a.DescribeTransactions(ctx, "kgo-list-tx", "kgo-nobody"))
			t, n := d["kgo-list-tx"], d["kgo-nobody"]
			return []any{l.State, isOngoing, errorText(oerr), len(pattern), errorText(perr), t.State, t.TimeoutMillis, t.Topics.Sorted(), t.StartTimestamp > 0, errorText(t.Err), errorText(n.Err)}
		}
		must(c.BeginTransaction())
		must(c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("x")}).FirstErr())
		during := look()
		producers := got(a.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: {}}}))[topic].Partitions[0].ActiveProducers.Sorted()
		must(c.EndTransaction(ctx, kgo.TryCommit))
		var after any
		until(ctx, "ended", func() bool { after = look(); return strings.Contains(text(after), "CompleteCommit") })
		return []any{during, producers[0].CurrentTxnStartOffset, after}
	})
	add("a transaction commits, one aborts, one does nothing", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-tx", 2)
		c := franz(kgo.TransactionalID("kgo-tx"), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
		defer c.Close()
		for i, how := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
			must(c.BeginTransaction())
			for n := 0; n < 10 && i != 3; n++ {
				must(c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte(fmt.Sprintf("%d-%02d", i, n))}).FirstErr())
			}
			if how == kgo.TryAbort {
				must(c.AbortBufferedRecords(ctx))
			}
			must(c.EndTransaction(ctx, how))
		}
		read := func(l kgo.IsolationLevel, n int) []string {
			r := franz(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(l))
			defer r.Close()
			return sorted(values(franzRead(ctx, r, n)))
		}
		return []any{len(read(kgo.ReadCommitted(), 30)), read(kgo.ReadCommitted(), 30)[0], len(read(kgo.ReadUncommitted(), 40))}
	})
	add("consumes, transforms and produces in transactions of a group", func(ctx context.Context) any {
		in, out := franzTopic(ctx, "kgo-eos-in", 4), franzTopic(ctx, "kgo-eos-out", 4)
		franzSend(ctx, in, 400, 4)
		work, cancel := context.WithCancel(ctx)
		defer cancel()
		var wg sync.WaitGroup
		for i := 0; i < 3; i++ {
			s := got(kgo.NewGroupTransactSession(kgo.SeedBrokers(broker), kgo.TransactionalID(fmt.Sprint("kgo-eos-", i)), kgo.ConsumerGroup("kgo-eos"), kgo.ConsumeTopics(in), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets(), kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(200*time.Millisecond), kgo.FetchMaxPartitionBytes(500), kgo.DefaultProduceTopic(out)))
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer s.Close()
				for work.Err() == nil {
					f := s.PollFetches(short(work))
					if f.NumRecords() == 0 {
						continue
					}
					if s.Begin() != nil {
						return
					}
					f.EachRecord(func(r *kgo.Record) { s.Produce(ctx, kgo.SliceRecord(r.Value), nil) })
					if _, err := s.End(ctx, kgo.TryCommit); err != nil {
						fmt.Println("end:", err)
						return
					}
				}
			}()
		}
		r := franz(kgo.ConsumeTopics(out), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
		defer r.Close()
		read := franzRead(ctx, r, 400)
		a := franzAdmin()
		defer a.Close()
		until(ctx, "lag", func() bool { l, err := a.Lag(ctx, "kgo-eos"); return err == nil && l["kgo-eos"].Lag.Total() == 0 })
		cancel()
		wg.Wait()
		distinct := map[string]bool{}
		for _, v := range values(read) {
			distinct[v] = true
		}
		return []any{len(read), len(distinct)}
	})
	add("a producer is fenced", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-fenced", 1)
		mk := func() *kgo.Client { return franz(kgo.TransactionalID("kgo-fenced"), kgo.DefaultProduceTopic(topic)) }
		old, young := mk(), mk()
		defer old.Close()
		defer young.Close()
		must(old.BeginTransaction())
		must(old.ProduceSync(ctx, kgo.StringRecord("old")).FirstErr())
		must(young.BeginTransaction())
		must(young.ProduceSync(ctx, kgo.StringRecord("young")).FirstErr())
		must(young.EndTransaction(ctx, kgo.TryCommit))
		late := old.ProduceSync(ctx, kgo.StringRecord("late")).FirstErr()
		end := old.EndTransaction(ctx, kgo.TryCommit)
		r := franz(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
		defer r.Close()
		return []any{errorText(late), errorText(end), values(franzRead(ctx, r, 1))}
	})
	add("a transaction runs into its timeout", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-timeout", 1)
		c := franz(kgo.TransactionalID("kgo-timeout"), kgo.DefaultProduceTopic(topic), kgo.TransactionTimeout(time.Second))
		defer c.Close()
		must(c.BeginTransaction())
		must(c.ProduceSync(ctx, kgo.StringRecord("x")).FirstErr())
		a := franzAdmin()
		defer a.Close()
		until(ctx, "abort", func() bool {
			end, _ := got(a.ListCommittedOffsets(ctx, topic)).Lookup(topic, 0)
			return end.Offset == 2
		})
		// With which error differs: Apache Kafka has transaction.version 2.
		return c.EndTransaction(ctx, kgo.TryCommit) != nil
	})
	add("what is not there or not allowed", func(ctx context.Context) any {
		a := franzAdmin()
		defer a.Close()
		topic := franzTopic(ctx, "kgo-odd", 1)
		s := []any{}
		_, err := a.DeleteRecords(ctx, kadm.Offsets{topic: {0: kadm.Offset{Topic: topic, At: 100}}})
		s = append(s, errorText(err))
		r, err := a.DeleteRecords(ctx, kadm.Offsets{topic: {0: kadm.Offset{Topic: topic, At: 100}, 5: kadm.Offset{Topic: topic, Partition: 5, At: 1}}})
		s = append(s, errorText(r[topic][0].Err), errorText(r[topic][5].Err), errorText(err))
		l, err := a.ListPartitionReassignments(ctx, nil)
		s = append(s, len(l), errorText(err))
		e, err := a.ElectLeaders(ctx, kadm.ElectPreferredReplica, kadm.TopicsSet{topic: {0: {}}})
		s = append(s, errorText(err), errorText(e[topic][0].Err))
		return s
	})
	add("reconnects after the connection was idle for long", func(ctx context.Context) any {
		topic := franzTopic(ctx, "kgo-idle", 1)
		c := franz(kgo.DefaultProduceTopic(topic), kgo.ConnIdleTimeout(300*time.Millisecond), kgo.ConsumeTopics(topic))
		defer c.Close()
		must(c.ProduceSync(ctx, kgo.StringRecord("a")).FirstErr())
		time.Sleep(1200 * time.Millisecond)
		must(c.ProduceSync(ctx, kgo.StringRecord("b")).FirstErr())
		return values(franzRead(ctx, c, 2))
	})
	return cases
}

func short(ctx context.Context) context.Context {
	s, _ := context.WithTimeout(ctx, 300*time.Millisecond)
	return s
}

func value(text *string) string {
	if text == nil {
		return "null"
	}
	return *text
}
