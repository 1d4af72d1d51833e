using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;

namespace CartRecovery.Engine.Decisions;

/// <summary>A campaign's text: its template, with each variable bound when the campaign is made.</summary>
public sealed class CampaignMessage
{
    static readonly Dictionary<string, Func<MessageValues, string?>> s_variables = new(StringComparer.Ordinal)
    {
        ["item_count"] = v => v.Cart.ItemCount.ToString(CultureInfo.InvariantCulture),
        ["cart_value"] = v => Amount(v.Cart.Value),
        ["currency"] = v => v.Cart.Currency,
        ["discount"] = v => (v.DiscountPercent ?? 0).ToString("0.##", CultureInfo.InvariantCulture),
        ["code"] = v => v.Code,
        ["cart_id"] = v => v.CartId,
        ["store_id"] = v => v.StoreId,
        ["restore_url"] = v => v.Links?.Restore,
        ["unsubscribe_url"] = v => v.Links?.Unsubscribe,
    };

    static readonly Dictionary<string, Func<MessageLine, string?>> s_lineVariables = new(StringComparer.Ordinal)
    {
        ["line_name"] = l => l.Name,
        ["line_quantity"] = l => l.Quantity.ToString(CultureInfo.InvariantCulture),
        ["line_value"] = l => Amount(l.Value),
        ["line_url"] = l => l.Url,
        ["line_image"] = l => l.Image,
    };

    readonly List<(string Text, Func<MessageValues, string?>? OfCart, Func<MessageLine, string?>? OfLine, bool IsRepeated)> _parts = [];
    readonly Func<string, string> _escape;

    /// <summary>Binds a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="escaping">How values are written into it.</param>
    /// <exception cref="KeyNotFoundException">It names a variable that is not one of <see cref="Variables"/>.</exception>
    public CampaignMessage(MessageTemplate template, Escaping escaping = Escaping.Text)
    {
        _escape = escaping switch
        {
            Escaping.Html => WebUtility.HtmlEncode!,
            Escaping.Json => text => JsonEncodedText.Encode(text).ToString(),
            _ => text => text,
        };
        foreach (var part in template.Parts)
        {
            if (part.Kind == MessageTemplate.PartKind.Text)
            {
                _parts.Add((part.Text, null, null, part.InLines));
            }
            else if (part.Kind == MessageTemplate.PartKind.Variable)
            {
                var ofLine = part.InLines ? s_lineVariables.GetValueOrDefault(part.Text) : null;
                _parts.Add((part.Text, ofLine is null ? s_variables[part.Text] : null, ofLine, part.InLines));
            }
        }
    }

    /// <summary>The variables that a template may name.</summary>
    public static IReadOnlyList<string> Variables { get; } = [.. s_variables.Keys, .. s_lineVariables.Keys];

    /// <summary>Whether a variable is of a product, so that it only stands between <c>{{#lines}}</c> and <c>{{/lines}}</c>.</summary>
    public static bool IsOfLine(string variable) => s_lineVariables.ContainsKey(variable);

    /// <summary>It shows the cart's products.</summary>
    public bool ShowsLines => _parts.Exists(part => part.IsRepeated);

    /// <summary>The text with the values filled in.</summary>
    public string Render(MessageValues values)
    {
        var text = new StringBuilder();
        for (var i = 0; i < _parts.Count;)
        {
            if (!_parts[i].IsRepeated)
            {
                Append(text, _parts[i++], values, default);
                continue;
            }

            var end = _parts.FindIndex(i, part => !part.IsRepeated) is var next and >= 0 ? next : _parts.Count;
            foreach (var line in values.Lines ?? [])
            {
                for (var j = i; j < end; j++)
                {
                    Append(text, _parts[j], values, line);
                }
            }

            i = end;
        }

        return text.ToString();
    }

    void Append(
        StringBuilder text, (string Text, Func<MessageValues, string?>? OfCart, Func<MessageLine, string?>? OfLine, bool IsRepeated) part,
        in MessageValues values, in MessageLine line)
    {
        if (part.OfCart is null && part.OfLine is null)
        {
            text.Append(part.Text);
        }
        else
        {
            text.Append(_escape((part.OfLine is null ? part.OfCart!(values) : part.OfLine(line)) ?? ""));
        }
    }

    static string Amount(decimal value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}

/// <summary>How values are written into a text, so that they are nothing but text there.</summary>
public enum Escaping
{
    /// <summary>As they are.</summary>
    Text,

    /// <summary>For HTML, in texts and in quoted attributes.</summary>
    Html,

    /// <summary>For a JSON string.</summary>
    Json,
}

/// <summary>What a message may show.</summary>
public readonly record struct MessageValues(string StoreId, string CartId, CartSummary Cart, double? DiscountPercent)
{
    /// <summary>The coupon's code.</summary>
    public string? Code { get; init; }

    /// <summary>Signed links.</summary>
    public InterventionLinks? Links { get; init; }

    /// <summary>What is in the cart.</summary>
    public IReadOnlyList<MessageLine>? Lines { get; init; }
}

/// <summary>A product in a cart.</summary>
/// <param name="Name">What it is called; its id where the shop did not say.</param>
/// <param name="Quantity">Units.</param>
/// <param name="Value">What they cost together.</param>
/// <param name="Url">Its page.</param>
/// <param name="Image">Its picture.</param>
public readonly record struct MessageLine(string Name, int Quantity, decimal Value, string? Url, string? Image);
