using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>
/// Allowed web origins: one (<c>https://shop.example</c>), one host on any port (<c>http://localhost:*</c>), or all (<c>*</c>).
/// </summary>
[JsonConverter(typeof(ScalarConverter<OriginPattern>))]
public readonly partial record struct OriginPattern : IScalar<OriginPattern>
{
    const string Text = @"\*|https?://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:([0-9]{1,5}|\*))?";

    readonly string _text;

    OriginPattern(string text) => _text = text;

    /// <inheritdoc/>
    public static string Form => "an origin like https://shop.example or http://localhost:* (no path, no slash at the end), or *";

    /// <inheritdoc/>
    public static string Pattern => Text;

    /// <inheritdoc/>
    public static bool TryParse(string text, out OriginPattern value)
    {
        value = new OriginPattern(text);
        return Whole().IsMatch(text);
    }

    /// <summary>Formats the origin.</summary>
    public override string ToString() => _text;

    [GeneratedRegex("^(" + Text + @")\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Whole();
}
