package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
)

// Topics, settings, and what else an administrator asks for.
func franzAdminCases() []testCase {
	var cases []testCase
	add := func(name string, run func(ctx context.Context) any) { cases = append(cases, testCase{name, run}) }

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
		var t kadm.FindCoordinatorResponses
		// Apache Kafka makes the topic behind them only now.
		until(ctx, "coordinators", func() bool {
			t = a.FindTxnCoordinators(ctx, "a", "b")
			return t.Error() == nil
		})
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
	return cases
}
