using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;
using Fluid.Ast.BinaryExpressions;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// Rewrites a parsed template to stay within its limits and to escape everything it shows. Fluid itself writes lists without escaping
/// their entries, creates ranges of any size, captures without a limit, and counts no step for an expression.
/// </summary>
sealed class TemplateGuard : AstRewriter
{
    public override Expression Visit(Expression expression)
    {
        var rewritten = base.Visit(expression);
        return rewritten is BinaryExpression or LiteralExpression ? new Charged(rewritten) : rewritten;
    }

    protected override Expression VisitMemberExpression(MemberExpression member) => new ChargedMember(MemberOf(member));

    MemberExpression MemberOf(MemberExpression member) => !member.Segments.Any(segment => segment is IndexerSegment) ? member
        : new MemberExpression([.. member.Segments.Select(segment =>
            segment is IndexerSegment index ? new IndexerSegment(Visit(index.Expression)) : segment)]);

    protected override Expression VisitContainsBinaryExpression(ContainsBinaryExpression contains) =>
        new Search(Visit(contains.Left), Visit(contains.Right));

    // Fluid reuses arguments that are literals.
    protected override Expression VisitFilterExpression(FilterExpression filter) => new FilterExpression(
        Visit(filter.Input), filter.Name,
        [.. filter.Parameters.Select(parameter => new FilterArgument(
            parameter.Name, parameter.Expression is LiteralExpression ? parameter.Expression : Visit(parameter.Expression)))]);

    protected override Statement VisitOutputStatement(OutputStatement output) => new OutputStatement(new EscapedOutput(Visit(output.Expression)));

    protected override Statement VisitCycleStatement(CycleStatement cycle) =>
        new CycleStatement(cycle.Group, [.. cycle.Values.Select(value => new EscapedOutput(Visit(value)))]);

    protected override Expression VisitRangeExpression(RangeExpression range) =>
        new RangeExpression(new BoundedRangeEnd(Visit(range.From)), new BoundedRangeEnd(Visit(range.To)));

    protected override Statement VisitCaptureStatement(CaptureStatement capture)
    {
        var rewritten = (CaptureStatement)base.VisitCaptureStatement(capture);
        return new BoundedCapture(rewritten.Identifier, rewritten.Statements);
    }

    static FluidValue Await(ValueTask<FluidValue> value) =>
        value.IsCompletedSuccessfully ? value.Result : value.AsTask().GetAwaiter().GetResult();

    sealed class Charged(Expression inner) : Expression
    {
        public override ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            WorkBudget.Of(context).Spend(WorkBudget.Evaluation);
            return inner.EvaluateAsync(context);
        }

        protected override Expression Accept(AstVisitor visitor) => this;
    }

    // What is compared may be read wholly.
    sealed class ChargedMember(MemberExpression member) : Expression
    {
        const int EntriesPerUnit = 4;

        public override ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            var budget = WorkBudget.Of(context);
            budget.Spend(WorkBudget.Evaluation * member.Segments.Count);
            var value = Await(member.EvaluateAsync(context));
            budget.SpendOn(value, EntriesPerUnit);
            return new(value);
        }

        protected override Expression Accept(AstVisitor visitor) => this;
    }

    sealed class Search(Expression left, Expression right) : Expression
    {
        public override ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            var (text, sought) = (Await(left.EvaluateAsync(context)), Await(right.EvaluateAsync(context)));
            WorkBudget.Of(context).SpendOnSearch(text, sought);
            return new ContainsBinaryExpression(new LiteralExpression(text), new LiteralExpression(sought)).EvaluateAsync(context);
        }

        protected override Expression Accept(AstVisitor visitor) => this;
    }

    // A list is shown as its entries' texts, an object as nothing.
    sealed class EscapedOutput(Expression inner) : Expression
    {
        public override ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            var value = Await(inner.EvaluateAsync(context));
            if (value is not (ArrayValue or DictionaryValue))
            {
                return new(value);
            }

            WorkBudget.Of(context).SpendOn(value);
            return new(TextOf(value));
        }

        protected override Expression Accept(AstVisitor visitor) => this;

        static FluidValue TextOf(FluidValue value) => value switch
        {
            ArrayValue list => new StringValue(string.Concat(list.Values.Select(entry => entry.ToStringValue()))),
            DictionaryValue => NilValue.Instance,
            _ => value,
        };
    }

    // One end of a range.
    sealed class BoundedRangeEnd(Expression inner) : Expression
    {
        public override ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            var end = Await(inner.EvaluateAsync(context)).ToNumberValue();
            if (Math.Abs(end) > MessageLimits.Entries)
            {
                throw new MessageRenderingException($"has a range that goes beyond {MessageLimits.Entries}");
            }

            WorkBudget.Of(context).Spend((long)Math.Abs(end));
            return new(NumberValue.Create(end));
        }

        protected override Expression Accept(AstVisitor visitor) => this;
    }

    sealed class BoundedCapture(string name, IReadOnlyList<Statement> statements) : Statement
    {
        public override async ValueTask<Completion> WriteToAsync(TextWriter writer, TextEncoder encoder, TemplateContext context)
        {
            var captured = new BoundedWriter { Limit = MessageLimits.Value, Budget = WorkBudget.Of(context) };
            var completion = Completion.Normal;
            for (var i = 0; i < statements.Count && completion == Completion.Normal; i++)
            {
                completion = await statements[i].WriteToAsync(captured, encoder, context);
            }

            // Already escaped.
            context.SetValue(name, new StringValue(captured.ToString(), encode: false));
            return completion;
        }

        protected override Statement Accept(AstVisitor visitor) => this;
    }
}
