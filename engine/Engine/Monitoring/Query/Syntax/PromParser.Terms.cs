using System.Globalization;

namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>Selectors with their modifiers, aggregations and calls.</summary>
sealed partial class PromParser
{
    // Ranges, subqueries, offset and @ bind to what precedes them directly.
    PromExpression ParsePostfix()
    {
        var isParenthesised = Current.Is("(");
        var expression = ParsePrimary();
        var (hasOffset, hasAt) = (false, false);
        while (true)
        {
            var token = Current;
            if (token.Is("["))
            {
                expression = ParseRange(expression);
                (hasOffset, hasAt, isParenthesised) = (false, false, false);
            }
            else if (token.IsWord("offset"))
            {
                _at++;
                RequireShiftable(expression, "offset", token, isParenthesised);
                if (hasOffset)
                {
                    throw Error(token.Position, "offset may not be set multiple times");
                }

                hasOffset = true;
                var isNegative = Current.Is("-");
                _at += isNegative || Current.Is("+") ? 1 : 0;
                var offset = ParseDuration(mayBeZero: true);
                expression = Shift(expression, shift => shift with { Offset = isNegative ? -offset : offset });
            }
            else if (token.Is("@"))
            {
                _at++;
                RequireShiftable(expression, "@", token, isParenthesised);
                if (hasAt)
                {
                    throw Error(token.Position, "@ <timestamp> may not be set multiple times");
                }

                hasAt = true;
                var (at, anchor) = ParseAt();
                expression = Shift(expression, shift => shift with { At = at, Anchor = anchor });
            }
            else
            {
                return expression;
            }
        }
    }

    void RequireShiftable(PromExpression expression, string modifier, PromToken token, bool isParenthesised)
    {
        if (isParenthesised || expression is not (VectorSelector or MatrixSelector or Subquery))
        {
            var what = modifier == "@" ? "@ modifier" : "offset modifier";
            throw Error(token.Position, $"{what} must be preceded by an instant vector selector or range vector selector or a subquery");
        }
    }

    static PromExpression Shift(PromExpression expression, Func<TimeShift, TimeShift> change) => expression switch
    {
        VectorSelector selector => Shifted(selector, change),
        MatrixSelector matrix => new MatrixSelector { Position = matrix.Position, Range = matrix.Range, Selector = Shifted(matrix.Selector, change) },
        Subquery query => new Subquery
        {
            Position = query.Position,
            Expression = query.Expression,
            Range = query.Range,
            Step = query.Step,
            Shift = change(query.Shift),
        },
        _ => expression,
    };

    static VectorSelector Shifted(VectorSelector selector, Func<TimeShift, TimeShift> change) =>
        new() { Position = selector.Position, Matchers = selector.Matchers, Shift = change(selector.Shift) };

    (long? At, TimeAnchor Anchor) ParseAt()
    {
        var token = Current;
        foreach (var (word, anchor) in new[] { ("start", TimeAnchor.Start), ("end", TimeAnchor.End) })
        {
            if (Accept(word))
            {
                Expect("(");
                Expect(")");
                return (null, anchor);
            }
        }

        var sign = token.Is("-") ? -1 : 1;
        _at += token.Is("-") || token.Is("+") ? 1 : 0;
        if (Current.Kind != PromTokenKind.Number)
        {
            throw Error(Current.Position, $"unexpected {Current.Shown} in @, expected timestamp");
        }

        var seconds = sign * ParseNumber(Current);
        if (!(Math.Abs(seconds) < 9e12))
        {
            throw Error(Current.Position, $"timestamp out of bounds for @ modifier: {seconds.ToString(CultureInfo.InvariantCulture)}");
        }

        _at++;
        return ((long)Math.Round(seconds * 1000, MidpointRounding.AwayFromZero), TimeAnchor.None);
    }

    PromExpression ParseRange(PromExpression expression)
    {
        var open = Current;
        _at++;
        var range = ParseDuration(mayBeZero: false);
        if (Current.Is(":"))
        {
            _at++;
            var step = Current.Is("]") ? 0 : ParseDuration(mayBeZero: false);
            Expect("]");
            return expression.Type == PromType.Vector
                ? new Subquery { Position = expression.Position, Expression = expression, Range = range, Step = step }
                : throw Error(expression.Position, $"subquery is only allowed on instant vector, got {PromTypes.Text(expression.Type)} instead");
        }

        Expect("]");
        return expression switch
        {
            VectorSelector { HasModifier: false } selector => new MatrixSelector { Position = selector.Position, Selector = selector, Range = range },
            VectorSelector => throw Error(open.Position, "no offset or @ modifiers allowed before range"),
            _ => throw Error(open.Position, "ranges only allowed for vector selectors"),
        };
    }

    long ParseDuration(bool mayBeZero)
    {
        var token = Current;
        if (token.Kind != PromTokenKind.Duration)
        {
            throw Error(token.Position, $"unexpected {token.Shown}, expected duration");
        }

        if (!PromDuration.TryParse(token.Text, out var duration))
        {
            throw Error(token.Position, $"not a valid duration string: \"{token.Text}\"");
        }

        if (duration == 0 && !mayBeZero)
        {
            throw Error(token.Position, "duration must be greater than 0");
        }

        _at++;
        return duration;
    }

    VectorSelector ParseSelector(PromToken start, string? name)
    {
        var matchers = new List<LabelMatcher>();
        if (Current.Is("{"))
        {
            _at++;
            while (!Current.Is("}"))
            {
                matchers.Add(ParseMatcher());
                if (!Current.Is("}"))
                {
                    Expect(",");
                }
            }

            _at++;
        }

        if (name is not null)
        {
            if (matchers.Exists(m => m.Name == SeriesLabels.Name && m.Match == LabelMatch.Equal))
            {
                throw Error(start.Position, $"metric name must not be set twice: \"{name}\"");
            }

            matchers.Add(new LabelMatcher(SeriesLabels.Name, LabelMatch.Equal, name));
        }

        return matchers.TrueForAll(m => m.MatchesEmpty)
            ? throw Error(start.Position, "vector selector must contain at least one non-empty matcher")
            : new VectorSelector { Position = start.Position, Matchers = matchers };
    }

    LabelMatcher ParseMatcher()
    {
        var label = Current;
        if (label.Kind != PromTokenKind.Identifier || label.Text.Contains(':'))
        {
            throw Error(label.Position, $"unexpected {label.Shown} in label matching, expected identifier or \"}}\"");
        }

        _at++;
        var sign = Current;
        var match = sign.Kind == PromTokenKind.Symbol ? sign.Text switch
        {
            "=" => LabelMatch.Equal,
            "!=" => LabelMatch.NotEqual,
            "=~" => LabelMatch.Matches,
            "!~" => LabelMatch.DoesNotMatch,
            _ => throw Error(sign.Position, $"unexpected {sign.Shown} in label matching, expected label matching operator"),
        }
        : throw Error(sign.Position, $"unexpected {sign.Shown} in label matching, expected label matching operator");
        _at++;
        var value = Current;
        if (value.Kind != PromTokenKind.String)
        {
            throw Error(value.Position, $"unexpected {value.Shown} in label matching, expected string");
        }

        _at++;
        try
        {
            return new LabelMatcher(label.Text, match, value.Text);
        }
        catch (PromQlException e)
        {
            throw Error(value.Position, e.Reason);
        }
    }

    static AggregationOperator? AggregationOf(PromToken token) => token.Text.ToUpperInvariant() switch
    {
        "SUM" => AggregationOperator.Sum,
        "AVG" => AggregationOperator.Avg,
        "MIN" => AggregationOperator.Min,
        "MAX" => AggregationOperator.Max,
        "COUNT" => AggregationOperator.Count,
        "GROUP" => AggregationOperator.Group,
        "STDDEV" => AggregationOperator.Stddev,
        "STDVAR" => AggregationOperator.Stdvar,
        "TOPK" => AggregationOperator.TopK,
        "BOTTOMK" => AggregationOperator.BottomK,
        "QUANTILE" => AggregationOperator.Quantile,
        "COUNT_VALUES" => AggregationOperator.CountValues,
        _ => null,
    };

    Aggregation ParseAggregation(PromToken name, AggregationOperator op)
    {
        var grouping = ParseGrouping();
        var arguments = ParseArguments();
        grouping ??= ParseGrouping();
        var hasParameter = op is AggregationOperator.TopK or AggregationOperator.BottomK or AggregationOperator.Quantile or AggregationOperator.CountValues;
        if (arguments.Count != (hasParameter ? 2 : 1))
        {
            throw Error(name.Position, arguments.Count == 0
                ? "no arguments for aggregate expression provided"
                : $"wrong number of arguments for aggregate expression provided, expected {(hasParameter ? 2 : 1)}, got {arguments.Count}");
        }

        Require(arguments[^1], PromType.Vector, "aggregation expression");
        if (hasParameter)
        {
            Require(arguments[0], op == AggregationOperator.CountValues ? PromType.String : PromType.Scalar, "aggregation parameter");
        }

        return new Aggregation
        {
            Position = name.Position,
            Operator = op,
            Expression = arguments[^1],
            Parameter = hasParameter ? arguments[0] : null,
            IsWithout = grouping?.IsWithout ?? false,
            Labels = grouping?.Labels ?? [],
        };
    }

    (bool IsWithout, IReadOnlyList<string> Labels)? ParseGrouping()
    {
        var isWithout = Current.IsWord("without");
        if (!isWithout && !Current.IsWord("by"))
        {
            return null;
        }

        _at++;
        return (isWithout, ParseLabelNames());
    }

    FunctionCall ParseCall(PromToken name)
    {
        if (!PromFunction.ByName.TryGetValue(name.Text, out var function))
        {
            throw Error(name.Position, PromFunction.NotSupported.Contains(name.Text)
                ? $"function \"{name.Text}\" is not supported: there are no native histograms"
                : $"unknown function with name \"{name.Text}\"");
        }

        var arguments = ParseArguments();
        var (least, most) = (function.Parameters.Count - function.Optional, function.Variadic ? int.MaxValue : function.Parameters.Count);
        if (arguments.Count < least || arguments.Count > most)
        {
            var expected = least == most ? $"{least}" : arguments.Count < least ? $"at least {least}" : $"at most {most}";
            throw Error(name.Position, $"expected {expected} argument(s) in call to \"{name.Text}\", got {arguments.Count}");
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            Require(arguments[i], function.Parameters[Math.Min(i, function.Parameters.Count - 1)], $"call to function \"{name.Text}\"");
        }

        return new FunctionCall { Position = name.Position, Function = function, Arguments = arguments };
    }

    List<PromExpression> ParseArguments()
    {
        Expect("(");
        var arguments = new List<PromExpression>();
        while (!Current.Is(")"))
        {
            arguments.Add(ParseBinary(0));
            if (!Current.Is(")"))
            {
                Expect(",");
                if (Current.Is(")"))
                {
                    throw Error(Current.Position, "trailing commas not allowed in function call args");
                }
            }
        }

        _at++;
        return arguments;
    }

    void Require(PromExpression expression, PromType type, string where)
    {
        if (expression.Type != type)
        {
            throw Error(expression.Position, $"expected type {PromTypes.Text(type)} in {where}, got {PromTypes.Text(expression.Type)}");
        }
    }
}
