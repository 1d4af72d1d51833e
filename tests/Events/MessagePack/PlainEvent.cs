using System.Globalization;
using System.Numerics;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Tests.Events.MessagePack;

/// <summary>
/// Reference decoder of MessagePack events: reads a tree, writes it as JSON field by field and decodes that. Checks the errors specific to
/// MessagePack itself.
/// </summary>
static class PlainEvent
{
    // An unknown field must fit into the meta, which takes two of the 64 levels.
    const int Levels = 62;

    static readonly string[] s_texts = ["id", "cartId", "userId", "sessionId", "productId", "type", "storeId", "currency"];

    /// <summary>Reads a message of one event.</summary>
    /// <returns>The error code (none if valid), and the equivalent JSON.</returns>
    public static (string Code, string Json) Read(byte[] message, EventRules rules)
    {
        object? value;
        try
        {
            value = PlainMessagePack.Read(message);
        }
        catch (FormatException)
        {
            return ("invalid_messagepack", "");
        }

        if (value is not PlainMap map)
        {
            return ("invalid_event", "");
        }

        var fields = new List<string>();
        foreach (var (name, content) in map.Pairs)
        {
            try
            {
                if (Field(name, content) is { } field)
                {
                    var code = CodeOf($"{{{field}}}", rules);
                    if (code is not ("none" or "missing_field"))
                    {
                        return (code, "");
                    }

                    fields.Add(field);
                }
            }
            catch (PlainProblem problem)
            {
                return (problem.Code, "");
            }
        }

        var json = $"{{{string.Join(',', fields)}}}";
        return (CodeOf(json, rules), json);
    }

    static string CodeOf(string json, EventRules rules) => new JsonEventDecoder(rules).Read(json).Code;

    // Null for an ignored field.
    static string? Field(object? name, object? value)
    {
        var key = PlainMessagePack.Name(name);
        var field = key[1..^1];
        if (value is null)
        {
            return null;
        }

        if (s_texts.Contains(field))
        {
            return $"{key}:{(value is PlainText ? PlainMessagePack.Json(value) : throw new PlainProblem("wrong_type"))}";
        }

        return field switch
        {
            "quantity" or "price" => $"{key}:{Number(value, "out_of_range")}",
            "ts" when value is PlainText => $"{key}:{PlainMessagePack.Json(value)}",
            "ts" when value is PlainExtension { Stamp: { } stamp } => $"{key}:{Time((stamp.Seconds * 1000) + (stamp.Nanoseconds / 1_000_000))}",
            "ts" => $"{key}:{Number(value, "invalid_timestamp")}",
            "meta" when value is not PlainMap => throw new PlainProblem("wrong_type"),
            "meta" => $"{key}:{PlainMessagePack.Json(value, Levels + 1)}",
            _ => $"{key}:{PlainMessagePack.Json(value, Levels)}",
        };
    }

    // A timestamp has a unit, so that its JSON must be no number that could be of another unit.
    static string Time(BigInteger milliseconds) =>
        milliseconds < 0 ? milliseconds.ToString(CultureInfo.InvariantCulture)
        : milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() ? "9e18"
        : $"\"{DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds):yyyy-MM-ddTHH:mm:ss.fffZ}\"";

    static string Number(object value, string whenNone) => value switch
    {
        BigInteger => PlainMessagePack.Json(value),
        float single => Number((double)single, whenNone),
        double number when double.IsNaN(number) => throw new PlainProblem(whenNone),
        double number when double.IsInfinity(number) => number > 0 ? "1e999" : "-1e999",
        double => PlainMessagePack.Json(value),
        _ => throw new PlainProblem("wrong_type"),
    };

    /// <summary>All of a slab's event as text.</summary>
    public static string Describe(EventSlab slab)
    {
        var record = slab.Records[0];
        var texts = Encoding.UTF8.GetString(slab.TextOf(record));
        return $"{record.Cart} {record.Customer} {record.Id} {record.Session} {record.Product} {record.Timestamp} {record.Price} {record.Quantity} {record.MetaLength} "
            + $"{record.Currency} {record.Store} {record.Type} {record.Flags} {record.Device} {record.Source} {record.IdLength} {record.CartLength} "
            + $"{record.UserLength} {record.SessionLength} {record.ProductLength} {texts}";
    }
}
