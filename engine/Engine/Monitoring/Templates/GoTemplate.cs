using System.Collections;
using System.Text;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>
/// A template of a rule's label or annotation, in the language of Prometheus: Go's <c>text/template</c> with Prometheus' functions.
/// Immutable; any thread may expand it. Steps and output are bounded.
/// </summary>
public sealed class GoTemplate
{
    /// <summary>The longest output, in characters.</summary>
    public const int MaxOutput = 64 << 10;

    const int MaxSteps = 100_000;
    const int DeepestCall = 16;

    static readonly string[] s_variables = ["$", "$labels", "$value", "$externalLabels", "$externalURL"];

    readonly IReadOnlyList<TemplateNode> _nodes;
    readonly Dictionary<string, IReadOnlyList<TemplateNode>> _defined = new(StringComparer.Ordinal);

    GoTemplate(string text, Dictionary<string, IReadOnlyList<TemplateNode>>? shared = null)
    {
        Text = text;
        foreach (var (name, nodes) in shared ?? [])
        {
            _defined[name] = nodes;
        }

        _nodes = TemplateParser.Parse(text, _defined, shared is null ? s_variables : ["$"], isNotice: shared is not null);
    }

    /// <summary>The template as written.</summary>
    public string Text { get; }

    /// <summary>Parses a template.</summary>
    /// <exception cref="TemplateException">The template is invalid.</exception>
    public static GoTemplate Parse(string text) => new(text);

    /// <summary>Expands the template.</summary>
    /// <exception cref="TemplateException">A function fails, a query is invalid, or a bound is exceeded.</exception>
    public string Expand(TemplateScope scope)
    {
        if (_nodes is [TextNode only])
        {
            return only.Text;
        }

        var run = new Run(this, scope);
        run.Write(_nodes, run.Root, 0);
        return run.Output.ToString();
    }

    /// <summary>Parses a text of notices that may call shared templates.</summary>
    /// <exception cref="TemplateException">The template is invalid.</exception>
    internal static GoTemplate OfNotice(string text, Dictionary<string, IReadOnlyList<TemplateNode>> shared) => new(text, shared);

    /// <summary>Expands a text of notices.</summary>
    /// <param name="data">What <c>.</c> and <c>$</c> are.</param>
    /// <param name="externalUrl">The address of this engine.</param>
    /// <exception cref="TemplateException">A function fails, or a bound is exceeded.</exception>
    internal string ExpandNotice(Dictionary<string, object?> data, string externalUrl)
    {
        var run = new Run(this, new TemplateScope(SeriesLabels.Empty, 0, _ => throw new TemplateException("notices have no queries"), externalUrl), data);
        run.Write(_nodes, data, 0);
        return run.Output.ToString();
    }

    /// <summary>The templates that the text itself calls.</summary>
    internal IEnumerable<CallNode> Calls() => CallsOf(_nodes);

    /// <summary>The templates that nodes call.</summary>
    internal static IEnumerable<CallNode> CallsOf(IReadOnlyList<TemplateNode> nodes) => nodes.SelectMany(node => node switch
    {
        CallNode call => [call],
        BlockNode block => CallsOf(block.Body).Concat(CallsOf(block.Else)),
        _ => (IEnumerable<CallNode>)[],
    });

    sealed class Run
    {
        readonly GoTemplate _template;
        readonly TemplateScope _scope;
        readonly List<(string Name, object? Value)> _variables;
        readonly bool _isNotice;
        int _steps;

        public Run(GoTemplate template, TemplateScope scope, Dictionary<string, object?>? data = null)
        {
            (_template, _scope, _isNotice) = (template, scope, data is not null);
            if (data is not null)
            {
                (Root, _variables) = (data, [("$", data)]);
                return;
            }

            Root = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["Labels"] = scope.Labels,
                ["Value"] = scope.Value,
                ["ExternalLabels"] = SeriesLabels.Empty,
                ["ExternalURL"] = scope.ExternalUrl,
            };
            _variables = [("$", Root), ("$labels", scope.Labels), ("$value", scope.Value), ("$externalLabels", SeriesLabels.Empty), ("$externalURL", scope.ExternalUrl)];
        }

        public Dictionary<string, object?> Root { get; }

        public StringBuilder Output { get; } = new();

        public void Write(IReadOnlyList<TemplateNode> nodes, object? dot, int depth)
        {
            foreach (var node in nodes)
            {
                Step();
                switch (node)
                {
                    case TextNode text:
                        Output.Append(text.Text);
                        break;
                    case ActionNode action:
                        var value = Evaluate(action.Pipeline, dot);
                        Output.Append(action.Pipeline.Variables.Count == 0 ? TemplateFunctions.Print(value) : "");
                        break;
                    case CallNode call:
                        Call(call, dot, depth);
                        break;
                    case BlockNode block:
                        var variables = _variables.Count;
                        Block(block, dot, depth);
                        _variables.RemoveRange(variables, _variables.Count - variables);
                        break;
                }

                if (Output.Length > MaxOutput)
                {
                    throw new TemplateException($"the output is longer than {MaxOutput} characters");
                }
            }
        }

        void Call(CallNode call, object? dot, int depth)
        {
            if (!_template._defined.TryGetValue(call.Name, out var body))
            {
                throw new TemplateException($"template \"{call.Name}\" not defined");
            }

            if (depth >= DeepestCall)
            {
                throw new TemplateException($"templates call each other more than {DeepestCall} levels deep");
            }

            // A template sees its argument as $, and its caller does not see its variables.
            var argument = call.Argument is null ? null : Evaluate(call.Argument, dot);
            var variables = _variables.Count;
            _variables.Add(("$", argument));
            Write(body, argument, depth + 1);
            _variables.RemoveRange(variables, _variables.Count - variables);
        }

        void Block(BlockNode block, object? dot, int depth)
        {
            if (block.Keyword == "range")
            {
                Range(block, dot, depth);
                return;
            }

            var value = Evaluate(block.Pipeline, dot);
            var holds = TemplateFunctions.IsTrue(value);
            Write(holds ? block.Body : block.Else, holds && block.Keyword == "with" ? value : dot, depth);
        }

        void Range(BlockNode block, object? dot, int depth)
        {
            var value = Evaluate(block.Pipeline with { Variables = [] }, dot);
            var items = value switch
            {
                SeriesLabels labels => labels.Select(label => ((object?)label.Key, (object?)label.Value)).ToList(),
                Dictionary<string, object?> map => [.. map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => ((object?)entry.Key, entry.Value))],
                string => throw new TemplateException("range can't iterate over a text"),
                IEnumerable list => [.. list.Cast<object?>().Select((item, index) => ((object?)(long)index, item))],
                null => [],
                _ => throw new TemplateException($"range can't iterate over {TemplateFunctions.Print(value)}"),
            };
            if (items.Count == 0)
            {
                Write(block.Else, dot, depth);
            }

            foreach (var (key, item) in items)
            {
                var variables = _variables.Count;
                if (block.Pipeline.Variables is [.., var last] names)
                {
                    if (names.Count > 1)
                    {
                        _variables.Add((names[0], key));
                    }

                    _variables.Add((last, item));
                }

                Write(block.Body, item, depth);
                _variables.RemoveRange(variables, _variables.Count - variables);
            }
        }

        object? Evaluate(Pipeline pipeline, object? dot)
        {
            object? value = null;
            for (var i = 0; i < pipeline.Commands.Count; i++)
            {
                value = Evaluate(pipeline.Commands[i], dot, value, hasPrevious: i > 0);
            }

            foreach (var name in pipeline.Variables)
            {
                var index = pipeline.Declares ? -1 : _variables.FindLastIndex(variable => variable.Name == name);
                if (index >= 0)
                {
                    _variables[index] = (name, value);
                }
                else
                {
                    _variables.Add((name, value));
                }
            }

            return value;
        }

        object? Evaluate(IReadOnlyList<Operand> command, object? dot, object? previous, bool hasPrevious)
        {
            Step();
            if (command[0] is FunctionOperand function)
            {
                List<object?> arguments = [.. command.Skip(1).Select(operand => ValueOf(operand, dot)), .. hasPrevious ? [previous] : (object?[])[]];
                return Fields(TemplateFunctions.Call(function.Name, arguments, _scope), function.Fields);
            }

            return command.Count == 1 && !hasPrevious ? ValueOf(command[0], dot)
                : throw new TemplateException("can't give argument to a value that is no function");
        }

        object? ValueOf(Operand operand, object? dot) => Fields(operand switch
        {
            ConstantOperand constant => constant.Value,
            DotOperand => dot,
            VariableOperand variable => _variables.FindLast(known => known.Name == variable.Name).Value,
            PipelineOperand inner => Evaluate(inner.Pipeline, dot),
            FunctionOperand function => TemplateFunctions.Call(function.Name, [], _scope),
            _ => null,
        }, operand.Fields);

        object? Fields(object? value, IReadOnlyList<string> fields)
        {
            foreach (var field in fields)
            {
                value = value switch
                {
                    SeriesLabels labels when _isNotice && field is ("SortedPairs" or "Names" or "Values") && labels[field].Length == 0 =>
                        field == "SortedPairs" ? TemplateList.Pairs(labels) : TemplateList.Pairs(labels).Fields[field],
                    TemplateList list when list.Fields.TryGetValue(field, out var found) => found,
                    SeriesLabels labels => labels[field],
                    Dictionary<string, object?> map => map.GetValueOrDefault(field),
                    TemplateSample sample when field == "Labels" => sample.Labels,
                    TemplateSample sample when field == "Value" => sample.Value,
                    _ => throw new TemplateException($"can't evaluate field {field} of {TemplateFunctions.Print(value)}"),
                };
            }

            return value;
        }

        void Step()
        {
            if (++_steps > MaxSteps)
            {
                throw new TemplateException($"the template takes more than {MaxSteps} steps");
            }
        }
    }
}
