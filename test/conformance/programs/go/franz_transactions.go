package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Producers with ids: idempotent and transactional ones.
func franzTransactionCases() []testCase {
	var cases []testCase
	add := func(name string, run func(ctx context.Context) any) { cases = append(cases, testCase{name, run}) }

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
	return cases
}
