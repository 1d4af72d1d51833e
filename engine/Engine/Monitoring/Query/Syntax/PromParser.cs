using System.Globalization;

namespace CartRecovery.Engine.Monitoring.Query.Syntax;

/// <summary>Parses and type-checks a query by precedence climbing. Nesting is bounded.</summary>
sealed partial class PromParser
{
    /// <summary>The deepest nesting of expressions.</summary>
    public const int MaxDepth = 100;

    /// <summary>The most operators of a query. A chain of them is as deep a tree as it is long, and is evaluated level by level on the stack.</summary>
    public const int MaxOperators = 500;

    /// <summary>The longest query, in characters.</summary>
    public const int MaxLength = 65_536;

    const int UnaryPrecedence = 6;

    readonly string _text;
    readonly List<PromToken> _tokens;
    int _at;
    int _depth;
    int _operators;

    public PromParser(string text)
    {
        if (text.Length > MaxLength)
        {
            throw new PromQlException(text, 0, $"query is longer than {MaxLength} characters");
        }

        _text = text;
        _tokens = new PromLexer(text).Read();
    }

    PromToken Current => _tokens[_at];

    /// <summary>Parses the whole text.</summary>
    public PromExpression ParseQuery()
    {
        if (Current.Kind == PromTokenKind.End)
        {
            throw new PromQlException(_text, 0, "no expression found in input");
        }

        var expression = ParseBinary(0);
        return Current.Kind == PromTokenKind.End ? expression : throw Error(Current.Position, $"unexpected {Current.Shown}");
    }

    PromExpression ParseBinary(int minimum)
    {
        if (++_depth > MaxDepth)
        {
            throw Error(Current.Position, $"expression is nested more than {MaxDepth} deep");
        }

        var left = ParseUnary();
        while (Operator() is { } op && op.Precedence > minimum)
        {
            var position = Current.Position;
            if (++_operators > MaxOperators)
            {
                throw Error(position, $"expression has more than {MaxOperators} operators");
            }

            _at++;
            var returnsBool = Accept("bool");
            var matching = ParseMatching(op.Operator, out var isExplicit);

            // A power binds to the right.
            var right = ParseBinary(op.Operator == BinaryOperator.Power ? op.Precedence - 1 : op.Precedence);
            left = Check(new BinaryOperation
            {
                Position = left.Position,
                Operator = op.Operator,
                Left = left,
                Right = right,
                ReturnsBool = returnsBool,
                Matching = left.Type == PromType.Vector && right.Type == PromType.Vector ? matching : null,
            }, matching, isExplicit, position);
        }

        _depth--;
        return left;
    }

    (BinaryOperator Operator, int Precedence)? Operator() => Current switch
    {
        { Kind: PromTokenKind.Symbol } symbol => symbol.Text switch
        {
            "==" => (BinaryOperator.Equal, 3),
            "!=" => (BinaryOperator.NotEqual, 3),
            "<" => (BinaryOperator.Less, 3),
            "<=" => (BinaryOperator.LessOrEqual, 3),
            ">" => (BinaryOperator.Greater, 3),
            ">=" => (BinaryOperator.GreaterOrEqual, 3),
            "+" => (BinaryOperator.Add, 4),
            "-" => (BinaryOperator.Subtract, 4),
            "*" => (BinaryOperator.Multiply, 5),
            "/" => (BinaryOperator.Divide, 5),
            "%" => (BinaryOperator.Modulo, 5),
            "^" => (BinaryOperator.Power, 7),
            _ => null,
        },
        { Kind: PromTokenKind.Identifier } word => word.Text.ToUpperInvariant() switch
        {
            "OR" => (BinaryOperator.Or, 1),
            "AND" => (BinaryOperator.And, 2),
            "UNLESS" => (BinaryOperator.Unless, 2),
            "ATAN2" => (BinaryOperator.Atan2, 5),
            _ => null,
        },
        _ => null,
    };

    VectorMatching ParseMatching(BinaryOperator op, out bool isExplicit)
    {
        var isSet = op is BinaryOperator.And or BinaryOperator.Or or BinaryOperator.Unless;
        var (cardinality, isOn) = (isSet ? MatchCardinality.ManyToMany : MatchCardinality.OneToOne, false);
        IReadOnlyList<string> labels = [], include = [];
        isExplicit = Current.IsWord("on") || Current.IsWord("ignoring");
        if (isExplicit)
        {
            isOn = Current.IsWord("on");
            _at++;
            labels = ParseLabelNames();
            var position = Current.Position;
            if (Current.IsWord("group_left") || Current.IsWord("group_right"))
            {
                if (isSet)
                {
                    throw Error(position, $"no grouping allowed for \"{op.ToString().ToLowerInvariant()}\" operation");
                }

                cardinality = Current.IsWord("group_left") ? MatchCardinality.ManyToOne : MatchCardinality.OneToMany;
                _at++;
                include = Current.Is("(") ? ParseLabelNames() : [];
                if (isOn && include.FirstOrDefault(labels.Contains) is { } both)
                {
                    throw Error(position, $"label \"{both}\" must not occur in ON and GROUP clause at once");
                }
            }
        }

        return new VectorMatching(cardinality, isOn, labels, include);
    }

    BinaryOperation Check(BinaryOperation operation, VectorMatching matching, bool isExplicit, int position)
    {
        foreach (var operand in operation.Children)
        {
            if (operand.Type is not (PromType.Scalar or PromType.Vector))
            {
                throw Error(operand.Position, "binary expression must contain only scalar and instant vector types");
            }
        }

        if (operation.ReturnsBool && !operation.IsComparison)
        {
            throw Error(position, "bool modifier can only be used on comparison operators");
        }

        if (operation.IsComparison && !operation.ReturnsBool && operation.Type == PromType.Scalar)
        {
            throw Error(position, "comparisons between scalars must use BOOL modifier");
        }

        if (operation.Matching is null)
        {
            if (matching.Cardinality == MatchCardinality.ManyToMany)
            {
                throw Error(position, $"set operator \"{operation.Operator.ToString().ToLowerInvariant()}\" not allowed in binary scalar expression");
            }

            if (isExplicit && matching.Labels.Count > 0)
            {
                throw Error(position, "vector matching only allowed between instant vectors");
            }
        }

        return operation;
    }

    // A sign binds as tightly as a product, so less tightly than a power.
    PromExpression ParseUnary()
    {
        var start = Current;
        if (!start.Is("-") && !start.Is("+"))
        {
            return ParsePostfix();
        }

        _at++;
        var operand = ParseBinary(UnaryPrecedence);
        if (operand.Type is not (PromType.Scalar or PromType.Vector))
        {
            throw Error(start.Position, $"unary expression only allowed on expressions of type scalar or instant vector, got \"{PromTypes.Text(operand.Type)}\"");
        }

        return (start.Is("-"), operand) switch
        {
            (false, _) => operand,
            (true, NumberLiteral number) => new NumberLiteral { Position = start.Position, Value = -number.Value },
            _ => new Negation { Position = start.Position, Operand = operand },
        };
    }

    PromExpression ParsePrimary()
    {
        var token = Current;
        _at++;
        switch (token.Kind)
        {
            case PromTokenKind.Number:
                return new NumberLiteral { Position = token.Position, Value = ParseNumber(token) };
            case PromTokenKind.String:
                return new StringLiteral { Position = token.Position, Value = token.Text };
            case PromTokenKind.Symbol when token.Text == "(":
                var inner = ParseBinary(0);
                Expect(")");
                return inner;
            case PromTokenKind.Symbol when token.Text == "{":
                _at--;
                return ParseSelector(token, null);
            case PromTokenKind.Identifier when AggregationOf(token) is { } op && (Current.Is("(") || Current.IsWord("by") || Current.IsWord("without")):
                return ParseAggregation(token, op);
            case PromTokenKind.Identifier when Current.Is("("):
                return ParseCall(token);
            case PromTokenKind.Identifier:
                return ParseSelector(token, token.Text);
            default:
                throw Error(token.Position, $"unexpected {token.Shown}");
        }
    }

    double ParseNumber(PromToken token)
    {
        if (token.Text.Equals("inf", StringComparison.OrdinalIgnoreCase))
        {
            return double.PositiveInfinity;
        }

        if (token.Text.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            return double.NaN;
        }

        if (token.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return long.TryParse(token.Text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex)
                ? hex : throw Error(token.Position, $"error parsing number: \"{token.Text}\"");
        }

        // Go reads a leading zero as octal.
        if (token.Text.Length > 1 && token.Text[0] == '0' && token.Text.All(c => c is >= '0' and <= '7'))
        {
            return token.Text.Aggregate(0.0, (value, c) => (value * 8) + (c - '0'));
        }

        return double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number : throw Error(token.Position, $"error parsing number: \"{token.Text}\"");
    }

    IReadOnlyList<string> ParseLabelNames()
    {
        Expect("(");
        var names = new List<string>();
        while (!Current.Is(")"))
        {
            if (Current.Kind != PromTokenKind.Identifier || Current.Text.Contains(':'))
            {
                throw Error(Current.Position, $"unexpected {Current.Shown} in grouping opts, expected label");
            }

            names.Add(Current.Text);
            _at++;
            if (!Current.Is(")"))
            {
                Expect(",");
            }
        }

        _at++;
        return names;
    }

    bool Accept(string word)
    {
        var isIt = Current.IsWord(word);
        _at += isIt ? 1 : 0;
        return isIt;
    }

    void Expect(string symbol)
    {
        if (!Current.Is(symbol))
        {
            throw Error(Current.Position, $"unexpected {Current.Shown}, expected \"{symbol}\"");
        }

        _at++;
    }

    PromQlException Error(int position, string reason) => new(_text, position, reason);
}
