using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>A scalar's source text, which locates each character of its value despite quotes, escapes, folding and indentation.</summary>
sealed class ScalarSource(string file, Scalar scalar)
{
    int _line = Math.Max(1, (int)scalar.Start.Line), _column = Math.Max(1, (int)scalar.Start.Column), _at, _value;

    /// <summary>Returns the location of a character.</summary>
    /// <param name="offset">Its offset in the value, from 0.</param>
    public SourceLocation LocationOf(int offset)
    {
        (_line, _column) = (Math.Max(1, (int)scalar.Start.Line), Math.Max(1, (int)scalar.Start.Column));
        (_at, _value) = ((int)scalar.Start.Index, 0);
        SkipProperties();
        switch (scalar.Style)
        {
            case ScalarStyle.Literal or ScalarStyle.Folded:
                Block(offset);
                break;
            case ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted:
                Step(1);
                Flow(offset);
                break;
            default:
                Flow(offset);
                break;
        }

        return new SourceLocation(_line, _column);
    }

    bool IsInside => _at < file.Length && _at < (int)scalar.End.Index;

    // Skip an anchor or tag.
    void SkipProperties()
    {
        while (IsInside && file[_at] is '&' or '!')
        {
            while (IsInside && !char.IsWhiteSpace(file[_at]))
            {
                Step(1);
            }

            while (IsInside && char.IsWhiteSpace(file[_at]))
            {
                Step(1);
            }
        }
    }

    void Flow(int offset)
    {
        while (_value < offset && IsInside)
        {
            if (scalar.Style == ScalarStyle.DoubleQuoted && file[_at] == '\\')
            {
                Escape();
            }
            else if (scalar.Style == ScalarStyle.SingleQuoted && file[_at] == '\'')
            {
                (_value, _) = (_value + 1, Step(2));
            }
            else if (char.IsWhiteSpace(file[_at]) && IsFold())
            {
                Fold();
            }
            else
            {
                (_value, _) = (_value + 1, Step(1));
            }
        }

        if (IsInside && char.IsWhiteSpace(file[_at]) && IsFold() && offset < scalar.Value.Length && !char.IsWhiteSpace(scalar.Value[offset]))
        {
            Fold();
        }
    }

    void Escape()
    {
        var length = _at + 1 == file.Length ? 1 : file[_at + 1] switch { 'x' => 4, 'u' => 6, 'U' => 10, _ => 2 };
        if (length == 2 && file[_at + 1] is '\n' or '\r')
        {
            // A line that continues on the next.
            Step(1);
            while (IsInside && char.IsWhiteSpace(file[_at]))
            {
                Step(1);
            }
        }
        else
        {
            _value += length == 10 && char.IsHighSurrogate(scalar.Value[_value]) ? 2 : 1;
            Step(length);
        }
    }

    // Returns whether only white space is left on the line.
    bool IsFold()
    {
        var at = _at;
        while (at < file.Length && file[at] is ' ' or '\t')
        {
            at++;
        }

        return at < file.Length && file[at] is '\n' or '\r';
    }

    // A line break becomes a space; followed by empty lines, one break for each of those.
    void Fold()
    {
        while (IsInside && char.IsWhiteSpace(file[_at]))
        {
            Step(1);
        }

        if (_value < scalar.Value.Length && scalar.Value[_value] == ' ')
        {
            _value++;
            return;
        }

        while (_value < scalar.Value.Length && scalar.Value[_value] == '\n')
        {
            _value++;
        }
    }

    void Block(int offset)
    {
        SkipLine();
        var indent = IndentOf();
        while (IsInside)
        {
            for (var i = 0; i < indent && IsInside && file[_at] == ' '; i++)
            {
                Step(1);
            }

            while (_value < offset && IsInside && file[_at] is not ('\n' or '\r'))
            {
                (_value, _) = (_value + 1, Step(1));
            }

            if (_value >= offset && (offset >= scalar.Value.Length || !char.IsWhiteSpace(scalar.Value[offset]) || (IsInside && file[_at] == scalar.Value[offset])))
            {
                return;
            }

            // The break itself: one character, or none where lines are folded into empty ones.
            SkipLine();
            if (_value < scalar.Value.Length && scalar.Value[_value] is '\n' or ' ')
            {
                _value++;
            }
        }
    }

    int IndentOf()
    {
        for (var at = _at; at < file.Length;)
        {
            var start = at;
            while (at < file.Length && file[at] == ' ')
            {
                at++;
            }

            if (at < file.Length && file[at] is not ('\n' or '\r'))
            {
                return at - start;
            }

            at = file.IndexOf('\n', at) is var end and >= 0 ? end + 1 : file.Length;
        }

        return 0;
    }

    void SkipLine()
    {
        while (IsInside && file[_at] != '\n')
        {
            Step(1);
        }

        Step(1);
    }

    int Step(int count)
    {
        for (; count > 0 && _at < file.Length; count--, _at++)
        {
            (_line, _column) = file[_at] == '\n' ? (_line + 1, 1) : (_line, _column + 1);
        }

        return _at;
    }
}
