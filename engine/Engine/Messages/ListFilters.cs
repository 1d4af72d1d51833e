using Fluid;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// The filters of lists as Shopify documents them. Those that take a field's name read it from every kind of object; Fluid's own
/// read it from .NET objects alone, in part.
/// </summary>
static class ListFilters
{
    static readonly Comparer<FluidValue> s_order = Comparer<FluidValue>.Create(Compare);

    static readonly Comparer<FluidValue> s_naturalOrder = Comparer<FluidValue>.Create((a, b) =>
        a.IsNil() || b.IsNil() ? a.IsNil().CompareTo(b.IsNil())
            : StringComparer.OrdinalIgnoreCase.Compare(a.ToStringValue(), b.ToStringValue()));

    /// <summary>Adds the filters.</summary>
    public static void AddTo(FilterCollection filters)
    {
        Add("join", (entries, arguments, _) => new StringValue(string.Join(
            arguments.Count == 0 ? " " : arguments.At(0).ToStringValue(), entries.Select(entry => entry.ToStringValue()))));
        Add("map", (entries, arguments, context) => ListOf(entries.Select(entry => FieldOf(entry, arguments, context))));
        Add("where", (entries, arguments, context) => ListOf(entries.Where(entry => IsMatch(entry, arguments, context))));
        Add("reject", (entries, arguments, context) => ListOf(entries.Where(entry => !IsMatch(entry, arguments, context))));
        Add("find", (entries, arguments, context) =>
            entries.FirstOrDefault(entry => IsMatch(entry, arguments, context)) ?? NilValue.Instance);
        Add("find_index", (entries, arguments, context) => IndexOf(entries, arguments, context) is var index and >= 0
            ? NumberValue.Create(index) : NilValue.Instance);
        Add("has", (entries, arguments, context) => IndexOf(entries, arguments, context) >= 0 ? BooleanValue.True : BooleanValue.False);
        Add("sort", (entries, arguments, context) => ListOf(entries.OrderBy(entry => FieldOf(entry, arguments, context), s_order)));
        Add("sort_natural", (entries, arguments, context) =>
            ListOf(entries.OrderBy(entry => FieldOf(entry, arguments, context), s_naturalOrder)));
        Add("uniq", (entries, arguments, context) => ListOf(entries.DistinctBy(entry => FieldOf(entry, arguments, context))));
        Add("compact", (entries, arguments, context) => ListOf(entries.Where(entry => !FieldOf(entry, arguments, context).IsNil())));
        Add("sum", (entries, arguments, context) => NumberValue.Create(entries.Sum(entry => SumOf(entry, arguments, context))));

        void Add(string name, Func<IReadOnlyList<FluidValue>, FilterArguments, TemplateContext, FluidValue> filter) =>
            filters.AddFilter(name, (input, arguments, context) => new(filter(EntriesOf(input), arguments, context)));
    }

    // What is no list is a list of one.
    static IReadOnlyList<FluidValue> EntriesOf(FluidValue input) => input is ArrayValue list ? list.Values : input.IsNil() ? [] : [input];

    static ArrayValue ListOf(IEnumerable<FluidValue> entries) => new([.. entries]);

    // The entry itself if no field is named.
    static FluidValue FieldOf(FluidValue entry, FilterArguments arguments, TemplateContext context)
    {
        var field = arguments.At(0);
        if (field.IsNil())
        {
            return entry;
        }

        var value = entry is ArrayValue && field is NumberValue ? entry.GetIndexAsync(field, context)
            : entry.GetValueAsync(field.ToStringValue(), context);
        return value.IsCompletedSuccessfully ? value.Result : value.AsTask().GetAwaiter().GetResult();
    }

    // Without a value to compare with, a field matches if it counts as true.
    static bool IsMatch(FluidValue entry, FilterArguments arguments, TemplateContext context)
    {
        var value = FieldOf(entry, arguments, context);
        return arguments.At(1).IsNil() ? value.ToBooleanValue() : arguments.At(1).Equals(value);
    }

    static int IndexOf(IReadOnlyList<FluidValue> entries, FilterArguments arguments, TemplateContext context)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (IsMatch(entries[i], arguments, context))
            {
                return i;
            }
        }

        return -1;
    }

    static decimal SumOf(FluidValue entry, FilterArguments arguments, TemplateContext context) => entry is ArrayValue list
        ? list.Values.Sum(inner => SumOf(inner, arguments, context))
        : FieldOf(entry, arguments, context) is var value and (NumberValue or StringValue) ? value.ToNumberValue() : 0;

    // Numbers first, then texts, then what has no value.
    static int Compare(FluidValue a, FluidValue b)
    {
        var (first, second) = (RankOf(a), RankOf(b));
        return first != second ? first.CompareTo(second)
            : first == 0 ? a.ToNumberValue().CompareTo(b.ToNumberValue())
            : first == 1 ? StringComparer.Ordinal.Compare(a.ToStringValue(), b.ToStringValue()) : 0;

        static int RankOf(FluidValue value) => value is NumberValue ? 0 : value.IsNil() ? 2 : 1;
    }
}
