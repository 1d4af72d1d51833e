using System.Globalization;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>Reads attributes of OpenTelemetry's protocol as labels.</summary>
static class OtlpValues
{
    /// <summary>Reads an attribute: its key and its value as text.</summary>
    public static KeyValuePair<string, string> Attribute(ReadOnlySpan<byte> message)
    {
        var (key, value) = ("", "");
        for (var attribute = new ProtoReader(message); attribute.Next();)
        {
            switch (attribute.Field)
            {
                case 1:
                    key = attribute.Text();
                    break;
                case 2:
                    value = Value(attribute.Bytes());
                    break;
                default:
                    attribute.Skip();
                    break;
            }
        }

        return new(key, value);
    }

    // Lists and maps are no labels.
    static string Value(ReadOnlySpan<byte> message)
    {
        var text = "";
        for (var value = new ProtoReader(message); value.Next();)
        {
            switch (value.Field)
            {
                case 1:
                    text = value.Text();
                    break;
                case 2:
                    text = value.Number() != 0 ? "true" : "false";
                    break;
                case 3:
                    text = ((long)value.Number()).ToString(CultureInfo.InvariantCulture);
                    break;
                case 4:
                    text = value.Double().ToString("R", CultureInfo.InvariantCulture);
                    break;
                default:
                    value.Skip();
                    break;
            }
        }

        return text;
    }
}
