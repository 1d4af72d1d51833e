using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// Rewrites a parsed template to stay within its limits and to escape everything it shows. Fluid itself writes lists without escaping
/// their entries, creates ranges of any size, and captures without a limit.
/// </summary>
sealed class TemplateGuard : AstRewriter
{
    protected override Statement VisitOutputStatement(OutputStatement output) =>
        new OutputStatement(new EscapedOutput(Visit(output.Expression)));

    protected override Statement VisitCycleStatement(CycleStatement cycle) =>
        new CycleStatement(cycle.Group, [.. cycle.Values.Select(value => new EscapedOutput(Visit(value)))]);

    protected override Expression VisitRangeExpression(RangeExpression range) =>
        new RangeExpression(new BoundedRangeEnd(Visit(range.From)), new BoundedRangeEnd(Visit(range.To)));

    protected override Statement VisitCaptureStatement(CaptureStatement capture)
    {
        var rewritten = (CaptureStatement)base.VisitCaptureStatement(capture);
        return new BoundedCapture(rewritten.Identifier, rewritten.Statements);
    }

    // A list is shown as its entries' texts, an object as nothing.
    sealed class EscapedOutput(Expression inner) : Expression
    {
        public override ValueTask<FluidValue> EvaluateAsync(TemplateContext context)
        {
            var value = inner.EvaluateAsync(context);
            return value.IsCompletedSuccessfully && value.Result is not (ArrayValue or DictionaryValue) ? value : new(TextOf(value.AsTask().GetAwaiter().GetResult()));
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
            var end = inner.EvaluateAsync(context).AsTask().GetAwaiter().GetResult().ToNumberValue();
            return Math.Abs(end) <= MessageLimits.Entries ? new(NumberValue.Create(end))
                : throw new MessageRenderingException($"has a range that goes beyond {MessageLimits.Entries}");
        }

        protected override Expression Accept(AstVisitor visitor) => this;
    }

    sealed class BoundedCapture(string name, IReadOnlyList<Statement> statements) : Statement
    {
        public override async ValueTask<Completion> WriteToAsync(TextWriter writer, TextEncoder encoder, TemplateContext context)
        {
            var captured = new BoundedWriter { Limit = MessageLimits.Value };
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
