using System.Globalization;
using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Control;

namespace CartRecovery.Engine.Decisions;

/// <summary>A campaign's message: its template, with each variable bound when the campaign is made.</summary>
public sealed class CampaignMessage
{
    static readonly Dictionary<string, Func<MessageValues, string>> s_variables = new(StringComparer.Ordinal)
    {
        ["item_count"] = v => v.Cart.ItemCount.ToString(CultureInfo.InvariantCulture),
        ["cart_value"] = v => v.Cart.Value.ToString("0.00", CultureInfo.InvariantCulture),
        ["currency"] = v => v.Cart.Currency,
        ["discount"] = v => (v.DiscountPercent ?? 0).ToString("0.##", CultureInfo.InvariantCulture),
        ["cart_id"] = v => v.CartId,
        ["store_id"] = v => v.StoreId,
    };

    readonly List<(string Text, Func<MessageValues, string>? Variable)> _parts;

    /// <summary>Binds a template.</summary>
    /// <exception cref="KeyNotFoundException">It names a variable that is not one of <see cref="Variables"/>.</exception>
    public CampaignMessage(MessageTemplate template) =>
        _parts = [.. template.Parts.Select(p => (p.Text, p.IsVariable ? s_variables[p.Text] : null))];

    /// <summary>The variables that a template may name.</summary>
    public static IReadOnlyList<string> Variables { get; } = [.. s_variables.Keys];

    /// <summary>The text with the values filled in.</summary>
    public string Render(MessageValues values)
    {
        var text = new StringBuilder();
        foreach (var (literal, variable) in _parts)
        {
            text.Append(variable is null ? literal : variable(values));
        }

        return text.ToString();
    }
}

/// <summary>What a message may show.</summary>
public readonly record struct MessageValues(string StoreId, string CartId, CartSummary Cart, double? DiscountPercent);
