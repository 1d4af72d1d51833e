using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Events;

/// <summary>Decodes events from JSON with the engine's decoder.</summary>
static class EventReading
{
    /// <summary>The time of arrival in these tests: 2024-11-20T09:40:00Z.</summary>
    public const long Now = 1_732_095_600_000;

    public const long Day = 24 * 60 * 60 * 1000;
    public const long Minute = 60 * 1000;

    // The defaults in DESIGN §3: 24 hours back, 5 minutes ahead.
    public static EventRules Rules(
        bool verified = true, string store = "demo", ushort index = 0, int maxEvent = 32 * 1024, long past = Day, long future = 5 * Minute) =>
        new(Encoding.UTF8.GetBytes(store), index, verified, maxEvent, past, future);

    /// <summary>Rules that clamp no time.</summary>
    public static EventRules AnyTime(bool verified = true) => Rules(verified, past: long.MaxValue / 4, future: long.MaxValue / 4);

    /// <summary>Rules of a browser with a user token for <paramref name="user"/>.</summary>
    public static EventRules Proven(string user) =>
        AnyTime(verified: false) with { ProvenUser = new ProvenUser(Rules().Ids.CustomerOf(Encoding.UTF8.GetBytes(user)), long.MaxValue) };

    public static EventProblem Read(this JsonEventDecoder decoder, string json, long receivedAt = Now) =>
        decoder.Read(Encoding.UTF8.GetBytes(json), receivedAt);

    public static EventProblem Read(this JsonEventDecoder decoder, ReadOnlySpan<byte> json, long receivedAt = Now) =>
        decoder.Decode(json, receivedAt);

    public static ref EventRecord AppendTo(this JsonEventDecoder decoder, EventSlab slab, string json) =>
        ref decoder.AppendTo(slab, Encoding.UTF8.GetBytes(json));

    public static EventSlab Slab(params IEnumerable<TestEvent> events) => Slab(AnyTime(), events);

    public static EventSlab Slab(EventRules rules, params IEnumerable<TestEvent> events)
    {
        var decoder = new JsonEventDecoder(rules);
        var slab = new EventSlab { ReceivedAt = Now };
        foreach (var e in events)
        {
            var json = e.ToUtf8();
            var problem = decoder.Read(json);
            if (problem.IsError)
            {
                Assert.Fail($"{problem.Code}: {problem.Message} in {e}");
            }

            ref var kept = ref decoder.AppendTo(slab, json);
            kept.Watermark = Math.Max(kept.Timestamp, slab.Count > 1 ? slab.Records[slab.Count - 2].Watermark : 0);
        }

        return slab;
    }

    /// <summary>The key of a text in the store <c>demo</c>.</summary>
    public static Hash128 KeyOf(string text) => Rules().Ids.CartOf(Encoding.UTF8.GetBytes(text));
}
