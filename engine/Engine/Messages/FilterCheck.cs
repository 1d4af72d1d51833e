using Fluid.Ast;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>Reports filters with wrong arguments: too few, too many, a field that does not exist, a division by zero.</summary>
/// <param name="scanner">Locates arguments in the text.</param>
/// <param name="problems">Receives the problems.</param>
sealed class FilterCheck(TemplateScanner scanner, List<TemplateProblem> problems)
{
    /// <summary>Checks a filter that exists.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="place">Its offset.</param>
    /// <param name="input">The type of what it is applied to.</param>
    public void Check(FilterExpression filter, int place, TemplateType input)
    {
        if (FilterSignatures.Find(filter.Name) is { } signature && !HasArguments(filter, signature, place))
        {
            return;
        }

        if (filter.Name is "divided_by" or "modulo"
            && filter.Parameters[0].Expression is LiteralExpression divisor && divisor.Value.ToNumberValue() == 0)
        {
            problems.Add(new TemplateProblem(place, $"'{filter.Name}' divides by zero"));
        }

        if (NamedField(filter) is { } field && input.Item is { IsObject: true, IsOpen: false } item && !item.Fields.ContainsKey(field))
        {
            problems.Add(new TemplateProblem(scanner.QuotedAfter(place), $"unknown field '{field}' for '{filter.Name}'", field,
                item.Fields.Keys.ToDictionary(name => name, name => name, StringComparer.Ordinal)));
        }
    }

    /// <summary>Returns the type of the field that a filter names; <see langword="null"/> if it is not known.</summary>
    public static TemplateType? FieldOf(FilterExpression filter, TemplateType input) =>
        NamedField(filter) is { } field ? input.Item?.Fields.GetValueOrDefault(field) : null;

    static string? NamedField(FilterExpression filter) =>
        FilterSignatures.OfFields.Contains(filter.Name)
        && filter.Parameters is [{ Expression: LiteralExpression { Value: StringValue field } }, ..] ? field.ToStringValue() : null;

    bool HasArguments(FilterExpression filter, FilterSignature signature, int place)
    {
        var unnamed = 0;
        foreach (var parameter in filter.Parameters)
        {
            unnamed += parameter.Name is null ? 1 : 0;
            if (parameter.Name is { } name && name != signature.Named)
            {
                problems.Add(new TemplateProblem(place, $"'{filter.Name}' has no argument '{name}'"));
                return false;
            }
        }

        if (unnamed >= signature.Min && unnamed <= signature.Max)
        {
            return true;
        }

        problems.Add(new TemplateProblem(place, $"'{filter.Name}' takes {signature.Expected}, not {unnamed}"));
        return false;
    }
}
