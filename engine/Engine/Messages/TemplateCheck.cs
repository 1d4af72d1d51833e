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
    readonly Dictionary<string, Shape> _defined = new(StringComparer.OrdinalIgnoreCase);
    readonly List<(string Name, Shape Shape)> _loops = [];

    readonly List<(TemplateUse Use, bool IsGuarded)> _uses = [];
    readonly FilterCheck _filters = new(scanner, problems);
    int _guards;

    /// <summary>Gets all paths in use.</summary>
    public IEnumerable<string> Paths => _uses.Select(use => use.Use.Path);

    /// <summary>Gets the fields shown without <c>default</c> and without a condition on them.</summary>
    public IEnumerable<TemplateUse> Bare =>
        _uses.Where(use => !use.IsGuarded && !_uses.Exists(other => other.IsGuarded && other.Use.Path == use.Use.Path)).Select(use => use.Use);

    protected override Expression VisitMemberExpression(MemberExpression expression)
    {
        ShapeOf(expression);
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
        var (shape, place, path) = Resolve(member);
        if (problems.Count == count && shape.IsObject)
        {
            problems.Add(new TemplateProblem(place, $"'{path}' is an object, not text: show one of its fields"));
        }
        else if (problems.Count == count && shape.Item is { IsObject: true })
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
        var shape = ShapeOf(loop.Source ?? loop.Range).Item ?? Shape.Any;
        VisitAny(loop.Limit, loop.Offset);
        Loop(loop.Identifier, shape, "forloop", loop.Statements);
        VisitAll(loop.Else?.Statements);
        return loop;
    }

    protected override Statement VisitTableRowStatement(TableRowStatement loop)
    {
        var shape = ShapeOf(loop.Source).Item ?? Shape.Any;
        VisitAny(loop.Limit, loop.Offset, loop.Cols);
        Loop(loop.Identifier, shape, "tablerowloop", loop.Statements);
        return loop;
    }

    protected override Statement VisitAssignStatement(AssignStatement statement)
    {
        Define(statement.Identifier, ShapeOf(statement.Value));
        return statement;
    }

    protected override Statement VisitCaptureStatement(CaptureStatement statement)
    {
        VisitAll(statement.Statements);
        Define(statement.Identifier, Shape.Value);
        return statement;
    }

    protected override Statement VisitIncrementStatement(IncrementStatement statement)
    {
        Define(statement.Identifier, Shape.Value);
        return statement;
    }

    protected override Statement VisitDecrementStatement(DecrementStatement statement)
    {
        Define(statement.Identifier, Shape.Value);
        return statement;
    }

    void Loop(string name, Shape shape, string state, IReadOnlyList<Statement> statements)
    {
        CheckName(name);
        _loops.Add((name, shape));
        _loops.Add((state, Shape.Loop));
        VisitAll(statements);
        _loops.RemoveRange(_loops.Count - 2, 2);
    }

    void Define(string name, Shape shape)
    {
        CheckName(name);
        _defined[name] = shape;
    }

    void CheckName(string name)
    {
        if (Shape.Roots.ContainsKey(name))
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
    Shape ShapeOf(Expression expression)
    {
        switch (expression)
        {
            case MemberExpression member:
                return Resolve(member).Shape;
            case RangeExpression:
                Visit(expression);
                return Shape.ListOf(Shape.Value);
            default:
                Visit(expression);
                return Peek(expression);
        }
    }

    // The type of the expression visited last.
    Shape Peek(Expression expression) => expression switch
    {
        MemberExpression member => member.Segments.Skip(1).Aggregate(
            Find(((IdentifierSegment)member.Segments[0]).Identifier) ?? Shape.Any, (shape, segment) => Step(shape, segment) ?? Shape.Any),
        FilterExpression filter when MessageFilters.KeepEntries.Contains(filter.Name) => Peek(filter.Input),
        FilterExpression { Name: "map" } filter => Shape.ListOf(FilterCheck.FieldOf(filter, Peek(filter.Input)) ?? Shape.Any),
        FilterExpression { Name: "first" or "last" or "find" } filter => Peek(filter.Input).Item ?? Shape.Any,
        _ => Shape.Any,
    };

    Shape? Find(string name)
    {
        var loop = _loops.FindLastIndex(loop => string.Equals(loop.Name, name, StringComparison.OrdinalIgnoreCase));
        return loop >= 0 ? _loops[loop].Shape : _defined.GetValueOrDefault(name) ?? Shape.Roots.GetValueOrDefault(name);
    }

    (Shape Shape, int Place, string Path) Resolve(MemberExpression member)
    {
        var path = string.Join('.', member.Segments.Select(segment => segment is IdentifierSegment known ? known.Identifier : "[]"));
        var place = scanner.NextPath(path);
        var root = ((IdentifierSegment)member.Segments[0]).Identifier;
        foreach (var index in member.Segments.OfType<IndexerSegment>())
        {
            Visit(index.Expression);
        }

        if (Find(root) is not { } shape)
        {
            problems.Add(root == MessageObjects.Line.Name
                ? new TemplateProblem(place, "'line' is a loop's: write it between '{% for line in cart.lines %}' and '{% endfor %}'")
                : new TemplateProblem(place, $"unknown variable '{path}'", path.Contains('.') && !Shape.Suggestions.ContainsKey(root) ? path : root, Shape.Suggestions));
            return (Shape.Any, place, path);
        }

        _uses.Add((new TemplateUse(path, place, path), _guards > 0));
        var before = root;
        foreach (var segment in member.Segments.Skip(1))
        {
            if (Step(shape, segment) is not { } next)
            {
                Unknown(shape, before, ((IdentifierSegment)segment).Identifier, place);
                return (Shape.Any, place, path);
            }

            shape = next;
            before += segment is IdentifierSegment known ? $".{known.Identifier}" : "[]";
        }

        return (shape, place, path);
    }

    static Shape? Step(Shape shape, MemberSegment segment)
    {
        if (segment is not IdentifierSegment { Identifier: var name })
        {
            return shape.Item ?? Shape.Any;
        }

        if (shape.Fields.TryGetValue(name, out var field))
        {
            return field;
        }

        if (shape.Item is { } item)
        {
            return name is "first" or "last" ? item : name == "size" ? Shape.Value : null;
        }

        return shape.IsOpen && !IsMisspelt(shape, name) ? Shape.Any : !shape.IsObject && name is "size" or "first" or "last" ? Shape.Value : null;
    }

    // A customer may have attributes of any name, but a name within one typing error of a field is reported.
    static bool IsMisspelt(Shape shape, string name) => shape.Fields.Keys.Any(field => field.Length > 4 && Slip.IsOne(name, field));

    void Unknown(Shape shape, string before, string name, int place)
    {
        Dictionary<string, string> known = shape.Item is null
            ? shape.Fields.Keys.ToDictionary(field => field, field => $"{before}.{field}", StringComparer.Ordinal)
            : new(StringComparer.Ordinal) { ["size"] = $"{before}.size", ["first"] = $"{before}.first", ["last"] = $"{before}.last" };
        problems.Add(new TemplateProblem(place, $"unknown field '{before}.{name}'", name, known));
    }
}
