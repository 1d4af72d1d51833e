using System.Globalization;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>Parses a template into nodes.</summary>
sealed class TemplateParser
{
    const int DeepestNesting = 32;

    readonly IReadOnlyList<(string Text, bool IsAction, int Line)> _parts;
    readonly Dictionary<string, IReadOnlyList<TemplateNode>> _defined;
    readonly HashSet<string> _variables;
    List<string> _tokens = [];
    readonly bool _isNotice;
    int _part, _token, _depth, _line = 1;

    TemplateParser(string template, Dictionary<string, IReadOnlyList<TemplateNode>> defined, IEnumerable<string> variables, bool isNotice)
    {
        _isNotice = isNotice;
        _parts = TemplateLexer.Split(template);
        _defined = defined;
        _variables = [.. variables];
    }

    /// <summary>Parses a template.</summary>
    /// <param name="template">The text.</param>
    /// <param name="defined">Receives the templates that it defines.</param>
    /// <param name="variables">The variables that are set before it.</param>
    /// <param name="isNotice">Whether it is one of notices: what has methods in Alertmanager, and none here, is refused.</param>
    /// <exception cref="TemplateException">The template is invalid.</exception>
    public static IReadOnlyList<TemplateNode> Parse(
        string template, Dictionary<string, IReadOnlyList<TemplateNode>> defined, IEnumerable<string> variables, bool isNotice = false)
    {
        var parser = new TemplateParser(template, defined, variables, isNotice);
        try
        {
            var nodes = parser.List(out var end);
            return end is null ? nodes : throw new TemplateException($"unexpected {{{{{end}}}}}");
        }
        catch (TemplateException e) when (e.Line == 0)
        {
            throw new TemplateException(e.Message) { Line = parser._line };
        }
    }

    List<TemplateNode> List(out string? end)
    {
        if (++_depth > DeepestNesting)
        {
            throw new TemplateException($"blocks are nested more than {DeepestNesting} levels deep");
        }

        var nodes = new List<TemplateNode>();
        end = null;
        while (_part < _parts.Count)
        {
            (var text, var isAction, _line) = _parts[_part++];
            if (!isAction)
            {
                nodes.Add(new TextNode(text));
                continue;
            }

            (_tokens, _token) = (TemplateLexer.Tokens(text), 0);
            switch (Peek())
            {
                case "end" or "else":
                    end = Peek();
                    _depth--;
                    return nodes;
                case "if" or "with" or "range":
                    nodes.Add(Block(Next()));
                    break;
                case "define":
                    Next();
                    var name = TextToken();
                    _defined[name] = Body("define", out _);
                    break;
                case "template":
                    Next();
                    var called = TextToken();
                    nodes.Add(new CallNode(called, Peek() is null ? null : Pipe(), _line));
                    break;
                case null:
                    throw new TemplateException("missing value for command");
                default:
                    nodes.Add(new ActionNode(Pipe()));
                    break;
            }
        }

        _depth--;
        return nodes;
    }

    BlockNode Block(string keyword)
    {
        HashSet<string> outer = [.. _variables];
        var pipeline = Pipe(isRange: keyword == "range");
        var body = Body(keyword, out var end);
        IReadOnlyList<TemplateNode> otherwise = [];
        if (end == "else")
        {
            Next();
            otherwise = Peek() is "if" or "with" ? [Block(Next())] : Body(keyword, out _);
        }

        _variables.IntersectWith(outer);
        return new BlockNode(keyword, pipeline, body, otherwise);
    }

    List<TemplateNode> Body(string keyword, out string end)
    {
        var body = List(out var found);
        end = found ?? throw new TemplateException($"{{{{{keyword}}}}} has no {{{{end}}}}");
        return body;
    }

    Pipeline Pipe(bool isRange = false, bool isInner = false)
    {
        List<string> variables = [];
        var declares = false;
        if (Peek() is ['$', ..] && Assignment(isRange))
        {
            do
            {
                variables.Add(Next());
            }
            while (Accept(","));
            declares = Next() == ":=";
        }

        List<IReadOnlyList<Operand>> commands = [];
        do
        {
            List<Operand> arguments = [];
            while (Peek() is { } next && next is not ("|" or ")"))
            {
                arguments.Add(Argument());
            }

            if (_isNotice && arguments.Count > 1 && arguments[0] is not FunctionOperand)
            {
                throw new TemplateException($"{Name(arguments[0])} is no function: methods with arguments are not supported");
            }

            commands.Add(arguments.Count > 0 ? arguments : throw new TemplateException("missing value for command"));
        }
        while (Accept("|"));

        if (Peek() is { } rest && !(isInner && rest == ")"))
        {
            throw new TemplateException($"unexpected \"{rest}\" in command");
        }

        _variables.UnionWith(declares ? variables : []);
        return new Pipeline(variables, declares, commands);
    }

    bool Assignment(bool isRange)
    {
        var found = _tokens.Skip(_token).Where(token => token != " ").Skip(1).ToList();
        return found is [":=" or "=", ..] || (isRange && found is [",", _, ":=" or "=", ..]);
    }

    Operand Argument()
    {
        var token = Next();
        if (token == "(")
        {
            if (++_depth > DeepestNesting)
            {
                throw new TemplateException($"parentheses are nested more than {DeepestNesting} levels deep");
            }

            var inner = Pipe(isInner: true);
            _depth--;
            return Accept(")") ? new PipelineOperand(inner, Fields()) : throw new TemplateException("unclosed left parenthesis");
        }

        switch (token[0])
        {
            case '"':
                return new ConstantOperand(token[1..], Fields());
            case '.' when token.Length == 1:
                return new DotOperand([]);
            case '.' when !char.IsDigit(token[1]):
                return new DotOperand([token[1..], .. Fields()]);
            case '$':
                return token == "$" || _variables.Contains(token) ? new VariableOperand(token, Fields()) : throw new TemplateException($"undefined variable \"{token}\"");
            case var c when char.IsDigit(c) || c is '-' or '+' or '.':
                return long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? new ConstantOperand(whole, [])
                    : double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? new ConstantOperand(number, [])
                    : throw new TemplateException($"bad number syntax: \"{token}\"");
        }

        return token switch
        {
            "true" or "false" => new ConstantOperand(token == "true", []),
            "nil" => new ConstantOperand(null, []),
            _ => TemplateFunctions.Knows(token) ? new FunctionOperand(token, Fields()) : throw new TemplateException($"function \"{token}\" not defined"),
        };
    }

    List<string> Fields()
    {
        List<string> fields = [];
        while (_token < _tokens.Count && _tokens[_token] is ['.', _, ..])
        {
            fields.Add(_tokens[_token++][1..]);
        }

        return fields;
    }

    static string Name(Operand operand) => operand switch
    {
        VariableOperand variable => string.Join('.', [variable.Name, .. operand.Fields]),
        DotOperand => $".{string.Join('.', operand.Fields)}",
        _ => "a value",
    };

    string TextToken() => Next() is ['"', .. var text] ? text : throw new TemplateException("expected a quoted name");

    string? Peek()
    {
        while (_token < _tokens.Count && _tokens[_token] == " ")
        {
            _token++;
        }

        return _token < _tokens.Count ? _tokens[_token] : null;
    }

    string Next()
    {
        var token = Peek() ?? throw new TemplateException("unexpected end of action");
        _token++;
        return token;
    }

    bool Accept(string token)
    {
        if (Peek() != token)
        {
            return false;
        }

        _token++;
        return true;
    }
}
