using CartRecovery.Primitives;
using Fluid;
using Fluid.Ast;

namespace CartRecovery.Engine.Messages;

/// <summary>Reports variables, fields and filters of a parsed template that do not exist, and records the fields that it shows.</summary>
/// <param name="scanner">Locates names in the text.</param>
/// <param name="filters">The existing filters.</param>
/// <param name="problems">Receives the problems.</param>
sealed class TemplateCheck(TemplateScanner scanner, FilterCollection filters, List<TemplateProblem> problems) : AstVisitor
{
    // Variables defined by the template and its loops.
    readonly Dictionary<string, TemplateType> _defined = new(StringComparer.OrdinalIgnoreCase);
    readonly List<(string Name, TemplateType TemplateType)> _loops = [];

    readonly List<(TemplateUse Use, bool IsGuarded)> _uses = [];
    readonly FilterCheck _filters = new(scanner, problems);
    int _guards;

    /// <summary>All paths in use.</summary>
    public IEnumerable<string> Paths => _uses.Select(use => use.Use.Path);

    /// <summary>Fields shown without <c>default</c> and without a condition on them.</summary>
    public IEnumerable<TemplateUse> UnguardedFields =>
        _uses.Where(use => !use.IsGuarded && !_uses.Exists(other => other.IsGuarded && other.Use.Path == use.Use.Path)).Select(use => use.Use);

    protected override Expression VisitMemberExpression(MemberExpression expression)
    {
        TypeOf(expression);
        return expression;
    }

    protected override Expression VisitFilterExpression(FilterExpression filter)
    {
        var isDefault = filter.Name == "default";
        _guards += isDefault ? 1 : 0;
        Visit(filter.Input);
        _guards -= isDefault ? 1 : 0;
        var place = scanner.NextFilter(filter.Name);
        if (!filters.TryGetValue(filter.Name, out _))
        {
            problems.Add(new TemplateProblem(
                place, $"unknown filter '{filter.Name}'", filter.Name, MessageFilters.Names.ToDictionary(name => name, name => name, StringComparer.Ordinal)));
        }
        else
        {
            _filters.Check(filter, place, Peek(filter.Input));
        }

        foreach (var parameter in filter.Parameters)
        {
            Visit(parameter.Expression);
        }

        return filter;
    }

    protected override Expression VisitRangeExpression(RangeExpression range)
    {
        var place = scanner.NextRange();
        if (IsFar(range.From) || IsFar(range.To))
        {
            problems.Add(new TemplateProblem(place, $"a range must not go beyond {MessageLimits.Entries}"));
        }

        Visit(range.From);
        Visit(range.To);
        return range;

        static bool IsFar(Expression end) => end is LiteralExpression { Value: var value } && Math.Abs(value.ToNumberValue()) > MessageLimits.Entries;
    }

    protected override Statement VisitOutputStatement(OutputStatement output)
    {
        if (output.Expression is not MemberExpression member)
        {
            return base.VisitOutputStatement(output);
        }

        var count = problems.Count;
        var (type, place, path) = Resolve(member);
        if (problems.Count == count && type.IsObject)
        {
            problems.Add(new TemplateProblem(place, $"'{path}' is an object, not text: show one of its fields"));
        }
        else if (problems.Count == count && type.Item is { IsObject: true })
        {
            problems.Add(new TemplateProblem(place, $"'{path}' is a list: write '{{% for line in {path} %}}'"));
        }

        return output;
    }

    protected override Statement VisitIfStatement(IfStatement statement)
    {
        Condition(statement.Condition);
        VisitAll(statement.Statements);
        foreach (var other in statement.ElseIfs)
        {
            Condition(other.Condition);
            VisitAll(other.Statements);
        }

        VisitAll(statement.Else?.Statements);
        return statement;
    }

    protected override Statement VisitUnlessStatement(UnlessStatement statement)
    {
        Condition(statement.Condition);
        VisitAll(statement.Statements);
        VisitAll(statement.Else?.Statements);
        return statement;
    }

    protected override Statement VisitCaseStatement(CaseStatement statement)
    {
        Condition(statement.Expression);
        foreach (var when in statement.Whens)
        {
            foreach (var option in when.Options)
            {
                Visit(option);
            }

            VisitAll(when.Statements);
        }

        VisitAll(statement.Else?.Statements);
        return statement;
    }

    protected override Statement VisitForStatement(ForStatement loop)
    {
        var type = TypeOf(loop.Source ?? loop.Range).Item ?? TemplateType.Any;
        VisitAny(loop.Limit, loop.Offset);
        Loop(loop.Identifier, type, "forloop", loop.Statements);
        VisitAll(loop.Else?.Statements);
        return loop;
    }

    protected override Statement VisitTableRowStatement(TableRowStatement loop)
    {
        var type = TypeOf(loop.Source).Item ?? TemplateType.Any;
        VisitAny(loop.Limit, loop.Offset, loop.Cols);
        Loop(loop.Identifier, type, "tablerowloop", loop.Statements);
        return loop;
    }

    protected override Statement VisitAssignStatement(AssignStatement statement)
    {
        Define(statement.Identifier, TypeOf(statement.Value));
        return statement;
    }

    protected override Statement VisitCaptureStatement(CaptureStatement statement)
    {
        VisitAll(statement.Statements);
        Define(statement.Identifier, TemplateType.Value);
        return statement;
    }

    protected override Statement VisitIncrementStatement(IncrementStatement statement)
    {
        Define(statement.Identifier, TemplateType.Value);
        return statement;
    }

    protected override Statement VisitDecrementStatement(DecrementStatement statement)
    {
        Define(statement.Identifier, TemplateType.Value);
        return statement;
    }

    void Loop(string name, TemplateType type, string state, IReadOnlyList<Statement> statements)
    {
        CheckName(name);
        _loops.Add((name, type));
        _loops.Add((state, TemplateType.Loop));
        VisitAll(statements);
        _loops.RemoveRange(_loops.Count - 2, 2);
    }

    void Define(string name, TemplateType type)
    {
        CheckName(name);
        _defined[name] = type;
    }

    void CheckName(string name)
    {
        if (TemplateType.Roots.ContainsKey(name))
        {
            problems.Add(new TemplateProblem(0, $"'{name}' is a reserved object name: rename the variable"));
        }
    }

    void Condition(Expression condition)
    {
        _guards++;
        Visit(condition);
        _guards--;
    }

    void VisitAll(IReadOnlyList<Statement>? statements)
    {
        foreach (var statement in statements ?? [])
        {
            Visit(statement);
        }
    }

    void VisitAny(params ReadOnlySpan<Expression?> expressions)
    {
        foreach (var expression in expressions)
        {
            if (expression is not null)
            {
                Visit(expression);
            }
        }
    }

    // This also visits the expression.
    TemplateType TypeOf(Expression expression)
    {
        switch (expression)
        {
            case MemberExpression member:
                return Resolve(member).TemplateType;
            case RangeExpression:
                Visit(expression);
                return TemplateType.ListOf(TemplateType.Value);
            default:
                Visit(expression);
                return Peek(expression);
        }
    }

    // The type of the expression visited last.
    TemplateType Peek(Expression expression) => expression switch
    {
        MemberExpression member => member.Segments.Skip(1).Aggregate(
            Find(((IdentifierSegment)member.Segments[0]).Identifier) ?? TemplateType.Any,
            (type, segment) => Step(type, segment) ?? TemplateType.Any),
        FilterExpression filter when MessageFilters.KeepEntries.Contains(filter.Name) => Peek(filter.Input),
        FilterExpression { Name: "map" } filter => TemplateType.ListOf(FilterCheck.FieldOf(filter, Peek(filter.Input)) ?? TemplateType.Any),
        FilterExpression { Name: "first" or "last" or "find" } filter => Peek(filter.Input).Item ?? TemplateType.Any,
        _ => TemplateType.Any,
    };

    TemplateType? Find(string name)
    {
        var loop = _loops.FindLastIndex(loop => string.Equals(loop.Name, name, StringComparison.OrdinalIgnoreCase));
        return loop >= 0 ? _loops[loop].TemplateType : _defined.GetValueOrDefault(name) ?? TemplateType.Roots.GetValueOrDefault(name);
    }

    (TemplateType TemplateType, int Place, string Path) Resolve(MemberExpression member)
    {
        var path = string.Join('.', member.Segments.Select(segment => segment is IdentifierSegment known ? known.Identifier : "[]"));
        var place = scanner.NextPath(path);
        var root = ((IdentifierSegment)member.Segments[0]).Identifier;
        foreach (var index in member.Segments.OfType<IndexerSegment>())
        {
            Visit(index.Expression);
        }

        if (Find(root) is not { } type)
        {
            problems.Add(root == MessageObjects.Line.Name
                ? new TemplateProblem(place, "'line' is a loop's: write it between '{% for line in cart.lines %}' and '{% endfor %}'")
                : new TemplateProblem(place, $"unknown variable '{path}'", path.Contains('.') && !TemplateType.Suggestions.ContainsKey(root) ? path : root, TemplateType.Suggestions));
            return (TemplateType.Any, place, path);
        }

        _uses.Add((new TemplateUse(path, place, path), _guards > 0));
        var before = root;
        foreach (var segment in member.Segments.Skip(1))
        {
            if (Step(type, segment) is not { } next)
            {
                Unknown(type, before, ((IdentifierSegment)segment).Identifier, place);
                return (TemplateType.Any, place, path);
            }

            type = next;
            before += segment is IdentifierSegment known ? $".{known.Identifier}" : "[]";
        }

        return (type, place, path);
    }

    static TemplateType? Step(TemplateType type, MemberSegment segment)
    {
        if (segment is not IdentifierSegment { Identifier: var name })
        {
            return type.Item ?? TemplateType.Any;
        }

        if (type.Fields.TryGetValue(name, out var field))
        {
            return field;
        }

        if (type.Item is { } item)
        {
            return name is "first" or "last" ? item : name == "size" ? TemplateType.Value : null;
        }

        return type.IsOpen && !IsMisspelt(type, name) ? TemplateType.Any : !type.IsObject && name is "size" or "first" or "last" ? TemplateType.Value : null;
    }

    // A customer may have attributes of any name, but a name within one typing error of a field is reported.
    static bool IsMisspelt(TemplateType type, string name) =>
        type.Fields.Keys.Any(field => field.Length > 4 && EditDistance.Of(name, field) == 1);

    void Unknown(TemplateType type, string before, string name, int place)
    {
        Dictionary<string, string> known = type.Item is null
            ? type.Fields.Keys.ToDictionary(field => field, field => $"{before}.{field}", StringComparer.Ordinal)
            : new(StringComparer.Ordinal) { ["size"] = $"{before}.size", ["first"] = $"{before}.first", ["last"] = $"{before}.last" };
        problems.Add(new TemplateProblem(place, $"unknown field '{before}.{name}'", name, known));
    }
}
