import Testing

@Suite struct TickSQLRoom {}
