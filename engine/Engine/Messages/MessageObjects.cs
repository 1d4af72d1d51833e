using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using CartRecovery.Primitives;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// Declares the objects available to templates and their fields, for the check, for rendering and for <c>docs/messages.md</c>.
/// </summary>
static class MessageObjects
{
    public static readonly ObjectFields<MessageLine> Line = new("line")
    {
        ["name"] = line => Text(line.Name),
        ["product_id"] = line => Text(line.ProductId),
        ["variant"] = line => Text(line.Variant),
        ["quantity"] = line => Number(line.Quantity),
        ["price"] = line => Amount(line, line.Price),
        ["total"] = line => Amount(line, line.Value),
        ["currency"] = line => Text(line.Currency),
        ["url"] = line => Text(line.Url),
        ["image"] = line => Text(line.Image),
    };

    public static readonly ObjectFields<MessageValues> Cart = new("cart")
    {
        ["id"] = values => Text(values.CartId),
        ["total"] = values => Number(values.Cart.Value),
        ["item_count"] = values => Number(values.Cart.ItemCount),
        ["currency"] = values => Text(values.Cart.Currency),
        ["lines"] = values => values.Lines is { Count: > 0 } lines
            ? new ArrayValue([.. lines.Select(line => new DictionaryValue(new ObjectView<MessageLine>(Line, line)))]) : ArrayValue.Empty,
    };

    public static readonly ObjectFields<MessageValues> Customer = new("customer")
    {
        ["id"] = values => Text(values.CustomerId),
        ["first_name"] = values => values.Attributes.Find("first_name"),
        ["last_name"] = values => values.Attributes.Find("last_name"),
        ["name"] = NameOf,
        ["email"] = values => Text(values.Recipient?.Email),
        ["phone"] = values => Text(values.Recipient?.Phone),
        ["attributes"] = values => new DictionaryValue(new AttributesView(values.Attributes)),
    };

    public static readonly ObjectFields<MessageValues> Offer = new("offer")
    {
        ["type"] = values => Text(JsonNamingPolicy.SnakeCaseLower.ConvertName(values.Action.ToString())),
        ["discount_percent"] = values => values.DiscountPercent is { } percent ? Number(decimal.Round((decimal)percent, 2)) : NilValue.Instance,
        ["code"] = values => Text(values.Code),
    };

    public static readonly ObjectFields<MessageValues> Store = new("store")
    {
        ["id"] = values => Text(values.StoreId),
        ["name"] = values => Text(values.StoreName ?? values.StoreId),
    };

    public static readonly ObjectFields<MessageValues> Links = new("links")
    {
        ["cart"] = values => Text(values.Links?.Restore),
        ["unsubscribe"] = values => Text(values.Links?.Unsubscribe),
        ["confirm"] = values => Text(values.Links?.Confirm),
    };

    /// <summary>Objects available outside loops.</summary>
    public static readonly IReadOnlyList<ObjectFields<MessageValues>> Roots = [Cart, Customer, Offer, Store, Links];

    static FluidValue Text(string? text) => text is null ? NilValue.Instance : new StringValue(text);

    // In another currency than the cart's, it is a text that no filter takes for the cart's money.
    static FluidValue Amount(MessageLine line, decimal amount) => line.IsForeign ? Text(MoneyText.Format(amount, line.Currency, line.Locale)) : Number(amount);

    // Without trailing zeros: 5.00 is shown as 5; other formats need a filter.
    static FluidValue Number(decimal value) => NumberValue.Create(value / 1.0000000000000000000000000000m);

    static FluidValue NameOf(MessageValues values)
    {
        if (values.Attributes.Find("name") is { } name && !name.IsNil())
        {
            return name;
        }

        var both = $"{values.Attributes.Find("first_name").ToStringValue()} {values.Attributes.Find("last_name").ToStringValue()}".Trim();
        return both.Length == 0 ? NilValue.Instance : new StringValue(both);
    }

    sealed class AttributesView(CustomerAttributes attributes) : IFluidIndexable
    {
        public int Count => attributes.Names.Count;

        public IEnumerable<string> Keys => attributes.Names;

        public bool TryGetValue(string name, [NotNullWhen(true)] out FluidValue? value)
        {
            value = attributes.Find(name);
            return !value.IsNil();
        }
    }
}

/// <summary>The fields of an object, by their names in templates.</summary>
/// <param name="name">The object's name.</param>
sealed class ObjectFields<T>(string name) : Dictionary<string, Func<T, FluidValue>>(StringComparer.Ordinal)
{
    /// <summary>The object's name.</summary>
    public string Name => name;
}

/// <summary>An object as seen by a template. <see cref="Value"/> may be replaced between renderings.</summary>
sealed class ObjectView<T>(ObjectFields<T> fields, T value) : IFluidIndexable
{
    public T Value { get; set; } = value;

    /// <summary>Values for names that are not fields; <see langword="null"/> if there are none.</summary>
    public Func<T, string, FluidValue>? Otherwise { get; init; }

    public int Count => fields.Count;

    public IEnumerable<string> Keys => fields.Keys;

    public bool TryGetValue(string name, [NotNullWhen(true)] out FluidValue? value)
    {
        value = fields.TryGetValue(name, out var field) ? field(Value) : Otherwise?.Invoke(Value, name) ?? NilValue.Instance;
        return !value.IsNil();
    }
}
