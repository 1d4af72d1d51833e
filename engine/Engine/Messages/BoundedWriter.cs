using System.Text;

namespace CartRecovery.Engine.Messages;

/// <summary>Writes to memory up to a limit. Completes synchronously even when called asynchronously.</summary>
sealed class BoundedWriter : TextWriter
{
    const int CharactersPerUnit = 8;

    readonly StringBuilder _text = new();

    /// <summary>Maximum number of characters.</summary>
    public int Limit { get; set; }

    /// <summary>Budget that writing is charged to.</summary>
    public WorkBudget? Budget { get; set; }

    public override Encoding Encoding => Encoding.Unicode;

    /// <summary>Clears the written text.</summary>
    public void Clear()
    {
        _text.Clear();
        if (_text.Capacity > MessageLimits.Value)
        {
            _text.Capacity = MessageLimits.Value;
        }
    }

    public override string ToString() => _text.ToString();

    public override void Write(char value)
    {
        Reserve(1);
        _text.Append(value);
    }

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Reserve(buffer.Length);
        _text.Append(buffer);
    }

    public override void Write(string? value) => Write(value.AsSpan());

    public override Task WriteAsync(char value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(string? value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(char[] buffer, int index, int count)
    {
        Write(buffer, index, count);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return Task.CompletedTask;
    }

    public override Task FlushAsync() => Task.CompletedTask;

    void Reserve(int count)
    {
        Budget?.Spend(1 + (count / CharactersPerUnit));
        if (_text.Length + count > Limit)
        {
            throw new MessageRenderingException($"renders to more than {Limit} characters");
        }
    }
}
