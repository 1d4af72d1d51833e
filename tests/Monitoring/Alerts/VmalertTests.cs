using System.Globalization;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Alerts;

/// <summary>The engine's alerting through kills, beside a vmalert that lives: the same rules on the same series.</summary>
[TestFixture]
sealed class VmalertTests
{
    const string Key = "mk_7d1f0c5e9a2b4c6d8e0f1a2b";
    const long Second = 1000, Minute = 60 * Second, Interval = 30 * Second, Length = 240 * Minute;
    const int Kills = 20;

    const string Rules = """
        groups:
        - name: queues
          interval: 30s
          rules:
          - {alert: QueueDeep, expr: queue_depth > 100, for: 2m, labels: {severity: critical, team: "team-{{ $labels.queue }}"}}
          - {alert: QueueFills, expr: "avg_over_time(queue_depth[2m]) > 60", labels: {severity: warning}}
          - {alert: QueueGone, expr: 'absent(queue_depth{queue="a"})', for: 1m}
          - {alert: AnyQueueDeep, expr: "max by (job) (queue_depth) > 100", for: 10m}
        """;

    [Test]
    public async Task Through_20_kills_the_states_and_notices_are_those_of_a_vmalert_that_was_never_killed()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var start = now - now % Minute - Length - 2 * Minute;
        var series = Series(new Random(18), start);
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Monitoring.Enabled = true;
            config.Listen.MetricsKey = Key;
        });
        MemorySeries memory = new();
        foreach (var (labels, samples) in series)
        {
            foreach (var (time, value) in samples)
            {
                memory.Append(labels, time, value);
                engine.Host.Monitor.History!.Append(labels, time, value);
            }
        }

        Assert.That(engine.Host.Monitor.History!.Statistics.Refused.Values.Sum(), Is.Zero);
        await using var alerting = new KilledAlerting(Rules, memory, start);
        Queue<(long, KillMoment)> kills = new(Enumerable.Range(1, Kills).Select(i => (start + i * Length / (Kills + 2), (KillMoment)(i % 3))));
        await alerting.RunAsync(start + Length, kills);
        Assert.That(alerting.Kills, Is.EqualTo(Kills));

        await ReplayAsync(engine, alerting.First, start + Length);
        var expected = States(engine.Host.Monitor.History!, start, now);
        Assert.That(States(memory, start, now).Keys.Select(labels => labels.ToString()), Is.EqualTo(expected.Keys.Select(labels => labels.ToString())));
        Assert.That(States(memory, start, now), Is.EqualTo(expected));
        Assert.That(expected.Keys.Select(labels => labels["alertname"]).Distinct(), Is.EquivalentTo(new[] { "QueueDeep", "QueueFills", "QueueGone", "AnyQueueDeep" }));
        Assert.That(Transitions(alerting), Is.EqualTo(Transitions(expected, (alerting.First - start + (start + Length - alerting.First) / Interval * Interval) / Second)));
        Assert.That(alerting.Repeated, Is.InRange(1, alerting.Unrecorded), "only what the ledger could not know, with the id that the receiver knows");
    }

    // vmalert reads our PromQL API and writes the alerts by remote write.
    static async Task ReplayAsync(InProcessEngine engine, long from, long to)
    {
        using var scratch = new Scratch();
        var url = $"http://127.0.0.1:{engine.HttpPort.Port}";
        await using var vmalert = VmalertProcess.Start($"-rule={scratch.Write("rules.yml", Rules)}", "-httpListenAddr=127.0.0.1:0",
            $"-datasource.url={url}", $"-datasource.bearerToken={Key}", $"-remoteWrite.url={url}", $"-remoteWrite.bearerToken={Key}", "-remoteWrite.flushInterval=100ms",
            $"-replay.timeFrom={Text(from)}", $"-replay.timeTo={Text(to)}", "-datasource.queryStep=30s", "-replay.rulesDelay=200ms", "-replay.disableProgressBar");
        await vmalert.EndAsync();
        Assert.That(engine.Host.Monitor.History!.Statistics.Refused.Where(refused => refused.Value > 0), Is.Empty, vmalert.Log);

        static string Text(long time) => DateTimeOffset.FromUnixTimeMilliseconds(time).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
    }

    // Queues whose depth stays for minutes, with gaps in the first one.
    static List<(SeriesLabels Labels, List<SeriesSample> Samples)> Series(Random random, long start)
    {
        List<(SeriesLabels, List<SeriesSample>)> all = [];
        foreach (var queue in new[] { "a", "b", "c", "d", "e", "f" })
        {
            List<SeriesSample> samples = [];
            for (var (time, isDeep) = (0L, false); time < Length; isDeep = !isDeep)
            {
                var end = time + random.Next(5 * 60, 15 * 60) * Second;
                var isGap = !isDeep && queue == "a" && random.Next(2) == 0;
                for (; time < Math.Min(end, Length); time += 15 * Second)
                {
                    if (!isGap)
                    {
                        samples.Add(new SeriesSample(start + time, isDeep ? 500 : 5));
                    }
                }
            }

            all.Add((SeriesLabels.Of("queue_depth", "job", "shop", "queue", queue), samples));
        }

        return all;
    }

    // The times at which each alert had a state, in whole seconds as vmalert writes them.
    static SortedDictionary<SeriesLabels, long[]> States(ISeriesSource source, long from, long to) => new(source
        .Select([new LabelMatcher(SeriesLabels.Name, LabelMatch.Equal, "ALERTS")], from, to)
        .Select(series => (series.Labels, Times: series.Samples.Where(sample => !StaleMarker.Is(sample.Value)).Select(sample => (sample.Time - from) / Second).ToArray()))
        .Where(state => state.Times.Length > 0).ToDictionary(state => state.Labels, state => state.Times));

    // Firing and resolved by turns, for each alert.
    static SortedDictionary<string, string> Transitions(KilledAlerting alerting) => new(alerting.Notices.GroupBy(notice => notice.Alerts.Single().Labels)
        .ToDictionary(notices => notices.Key.ToString(), notices => string.Concat(notices.Select(notice => notice.IsFiring ? 'F' : 'r'))), StringComparer.Ordinal);

    static SortedDictionary<string, string> Transitions(SortedDictionary<SeriesLabels, long[]> states, long last)
    {
        SortedDictionary<string, string> transitions = new(StringComparer.Ordinal);
        foreach (var (labels, times) in states.Where(state => state.Key["alertstate"] == "firing"))
        {
            var ends = times.Zip(times.Skip(1)).Count(pair => pair.Second - pair.First > Interval / Second);
            var key = SeriesLabels.Of(labels.Where(label => label.Key is not (SeriesLabels.Name or "alertstate"))).ToString();
            transitions[key] = string.Concat(Enumerable.Repeat("Fr", ends)) + (times[^1] == last ? "F" : "Fr");
        }

        return transitions;
    }
}
