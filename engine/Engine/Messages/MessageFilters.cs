using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using Fluid;
using Fluid.Filters;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// The filters documented by Shopify that make sense in messages. Each rejects results beyond <see cref="MessageLimits"/>; for HTML each
/// result is escaped again, so no chain of filters can undo escaping.
/// </summary>
static class MessageFilters
{
    // Left out: number and text formats can request any width, "raw" disables escaping, and keyed hashes are for machines.
    static readonly string[] s_left =
        ["raw", "format_number", "format_string", "format_date", "hmac_sha1", "hmac_sha256", "base64_url_safe_encode", "base64_url_safe_decode", "time_zone"];

    /// <summary>The filters whose result contains entries of the input.</summary>
    public static readonly FrozenSet<string> KeepEntries = FrozenSet.Create(
        StringComparer.Ordinal, "where", "reject", "sort", "sort_natural", "reverse", "uniq", "compact", "concat", "slice");

    /// <summary>Filters for plain text.</summary>
    public static TemplateOptions Text { get; } = OptionsOf(isHtml: false);

    /// <summary>Filters for HTML.</summary>
    public static TemplateOptions Html { get; } = OptionsOf(isHtml: true);

    /// <summary>The filters' names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Text.Filters.Select(filter => filter.Key).Order(StringComparer.Ordinal)];

    static TemplateOptions OptionsOf(bool isHtml)
    {
        var options = new TemplateOptions
        {
            MaxSteps = MessageLimits.Steps,
            MaxRecursion = MessageLimits.Depth,
            CultureInfo = CultureInfo.InvariantCulture,
            TimeZone = TimeZoneInfo.Utc,
        };
        MoneyFilters.AddTo(options.Filters);
        options.Filters.AddFilter("pluralize", Pluralize);
        options.Filters.AddFilter("amount", Amount);
        options.Filters.AddFilter("json", JsonFilter.Apply);
        options.Filters.AddFilter("remove_first", static (input, arguments, context) =>
            StringFilters.ReplaceFirst(input, new FilterArguments(arguments.At(0), StringValue.Empty), context));
        options.Filters.AddFilter("remove_last", static (input, arguments, context) =>
            StringFilters.ReplaceLast(input, new FilterArguments(arguments.At(0), StringValue.Empty), context));
        ListFilters.AddTo(options.Filters);
        foreach (var name in s_left)
        {
            options.Filters.Remove(name);
        }

        foreach (var (name, filter) in options.Filters.ToArray())
        {
            options.Filters.AddFilter(name, Bounded(name, filter, isHtml));
        }

        if (isHtml)
        {
            options.Filters.AddFilter("escape", static (input, _, _) => new(input));
            options.Filters.AddFilter("escape_once", static (input, _, _) =>
                new(input is StringValue { Encode: false } ? input : new StringValue(WebUtility.HtmlDecode(input.ToStringValue()))));
        }

        options.Filters.AddFilter("newline_to_br", isHtml ? NewLineToBreakInHtml : NewLineToBreak);
        foreach (var (name, filter) in options.Filters.ToArray())
        {
            options.Filters.AddFilter(name, Charged(name, filter));
        }

        return options;
    }

    static FilterDelegate Charged(string name, FilterDelegate filter) => (input, arguments, context) =>
    {
        var budget = WorkBudget.Of(context);
        budget.SpendOn(name, input, arguments);
        var result = filter(input, arguments, context);
        var value = result.IsCompletedSuccessfully ? result.Result : result.AsTask().GetAwaiter().GetResult();
        if (!ReferenceEquals(value, input))
        {
            budget.SpendOn(value);
        }

        return new(value);
    };

    static FilterDelegate Bounded(string name, FilterDelegate filter, bool isHtml) => (input, arguments, context) =>
    {
        CheckResultLength(name, input, arguments);
        var result = filter(input, arguments, context);
        var value = result.IsCompletedSuccessfully ? result.Result : result.AsTask().GetAwaiter().GetResult();
        switch (value)
        {
            case StringValue text:
                return text.ToStringValue().Length > MessageLimits.Value ? throw TooLong(name)
                    : isHtml && !text.Encode && !ReferenceEquals(text, input) ? new(new StringValue(text.ToStringValue())) : new(text);
            case ArrayValue list:
                return list.Values.Count > MessageLimits.Entries ? throw TooLong(name)
                    : isHtml && list.Values.Any(IsRaw) ? new(new ArrayValue([.. list.Values.Select(Escaped)])) : new(list);
            default:
                return new(value);
        }
    };

    static bool IsRaw(FluidValue value) => value is StringValue { Encode: false };

    static FluidValue Escaped(FluidValue value) => IsRaw(value) ? new StringValue(value.ToStringValue()) : value;

    // The length must be known before the text is created.
    static void CheckResultLength(string name, FluidValue input, FilterArguments arguments)
    {
        long length = name switch
        {
            "replace" or "replace_first" or "replace_last" =>
                (long)input.ToStringValue().Length * (1 + arguments.At(1).ToStringValue().Length) / Math.Max(1, arguments.At(0).ToStringValue().Length),
            "join" => input is ArrayValue list ? (long)list.Values.Count * (1 + arguments.At(0).ToStringValue().Length) : 0,
            "date" => arguments.At(0).ToStringValue().Length > 200 || HasWidth(arguments.At(0).ToStringValue()) ? int.MaxValue : 0,
            _ => 0,
        };
        if (length > 16 * MessageLimits.Value)
        {
            throw TooLong(name);
        }
    }

    // strftime pads to any width that a format requests.
    static bool HasWidth(string format)
    {
        var digits = 0;
        foreach (var letter in format)
        {
            digits = char.IsAsciiDigit(letter) ? digits + 1 : 0;
            if (digits > 4)
            {
                return true;
            }
        }

        return false;
    }

    static MessageRenderingException TooLong(string name) => new($"makes more than {MessageLimits.Value} characters or {MessageLimits.Entries} entries with '{name}'");

    static ValueTask<FluidValue> Pluralize(FluidValue input, FilterArguments arguments, TemplateContext context) =>
        new(input.ToNumberValue() == 1 ? arguments.At(0) : arguments.At(1));

    // The currency's decimals, no thousands separator.
    static ValueTask<FluidValue> Amount(FluidValue input, FilterArguments arguments, TemplateContext context) =>
        new(new StringValue(decimal.Round(input.ToNumberValue(), MoneyFilters.DecimalsOf(context), MidpointRounding.AwayFromZero)
            .ToString($"F{MoneyFilters.DecimalsOf(context)}", CultureInfo.InvariantCulture)));

    static ValueTask<FluidValue> NewLineToBreak(FluidValue input, FilterArguments arguments, TemplateContext context)
    {
        var text = input.ToStringValue().ReplaceLineEndings("<br />\n");
        return text.Length > MessageLimits.Value ? throw TooLong("newline_to_br") : new(new StringValue(text));
    }

    static ValueTask<FluidValue> NewLineToBreakInHtml(FluidValue input, FilterArguments arguments, TemplateContext context)
    {
        var text = input.ToStringValue().ReplaceLineEndings("\n");
        if (input is not StringValue { Encode: false })
        {
            text = string.Join('\n', text.Split('\n').Select(MessageTemplate.HtmlEncoder.Encode));
        }

        text = text.Replace("\n", "<br />\n", StringComparison.Ordinal);
        return text.Length > MessageLimits.Value ? throw TooLong("newline_to_br") : new(new StringValue(text, encode: false));
    }
}
