using System.Buffers;
using System.Text;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Fuzz;

/// <summary>
/// The decoders of events: they consume no more than there is, and what they accept is written as JSON that they accept again, as the same
/// event.
/// </summary>
static class DecoderTargets
{
    const long ReceivedAt = 1_732_095_600_000;
    const int MaxEvent = 32 * 1024;

    static readonly byte[] s_store = "demo"u8.ToArray();
    static readonly EventRules s_rules = new(s_store, 0, IsServer: false, MaxEvent, 86_400_000, 300_000);

    /// <summary>Valid events.</summary>
    public static IReadOnlyList<string> Events { get; } =
    [
        """{"id":"e1","type":"add_to_cart","storeId":"demo","cartId":"c1","userId":"u1","sessionId":"x1","productId":"p1","quantity":2,"price":19.99,"currency":"USD","ts":1732095600000,"meta":{"device":"mobile","source":"email"}}""",
        """{"id":"e2","type":"identify","cartId":"c\u0301\ud83d\uded2","ts":"2024-11-20T09:40:00.5+01:00","cartSecret":"0123456789abcdef","meta":{"email":"jo@example.com","deep":{"a":[1,-2.5e3,null,true]}},"unknown":"kept"}""",
        """ { "ts" : 1732095600000 , "cartId" : "c" , "type" : "purchase" , "id" : "e3" , "price" : 0.1 , "quantity" : 3 } """,
    ];

    /// <summary>Decodes JSON.</summary>
    public static void Json(byte[] input)
    {
        // As at the door, where the UTF-8 is checked first.
        if (!Utf8.IsValid(input))
        {
            return;
        }

        var decoder = new JsonEventDecoder(s_rules);
        var position = 0;
        var problem = decoder.Decode(input, ref position, ReceivedAt);
        FuzzTarget.Check(position >= 0 && position <= input.Length, "no more is consumed than there is");
        if (problem.Error == EventErrorCode.None)
        {
            var slab = new EventSlab();
            decoder.AppendTo(slab, input);
            CheckRoundTrip(slab);
        }
    }

    /// <summary>Decodes MessagePack.</summary>
    public static void MessagePack(byte[] input)
    {
        var builder = new EventBuilder(s_rules);
        var position = 0;
        var problem = new MessagePackEventDecoder(builder).Decode(input, ref position, ReceivedAt);
        FuzzTarget.Check(position >= 0 && position <= input.Length, "no more is consumed than there is");
        if (problem.Error == EventErrorCode.None)
        {
            var slab = new EventSlab();
            builder.AppendTo(slab, input);
            CheckRoundTrip(slab);
        }
    }

    /// <summary>Returns an event in MessagePack.</summary>
    public static byte[] ToMessagePack(string json) => JsonToMessagePack.Convert(Encoding.UTF8.GetBytes(json));

    static void CheckRoundTrip(EventSlab slab)
    {
        var first = Write(slab);
        var decoder = new JsonEventDecoder(s_rules);
        var again = decoder.Decode(first, ReceivedAt);
        FuzzTarget.Check(again.Error == EventErrorCode.None || again.Error == EventErrorCode.EventTooLarge,
            $"an accepted event is accepted again, not {again.Code} ({again.Message}): {Encoding.UTF8.GetString(first)}");
        if (again.Error == EventErrorCode.None)
        {
            var second = new EventSlab();
            decoder.AppendTo(second, first);
            FuzzTarget.Check(Write(second).AsSpan().SequenceEqual(first), $"an event is written the same again: {Encoding.UTF8.GetString(first)}");
        }
    }

    static byte[] Write(EventSlab slab)
    {
        var output = new ArrayBufferWriter<byte>(512);
        EventJson.Write(output, slab, slab.Records[0], s_store);
        return output.WrittenSpan.ToArray();
    }
}
