-- Payments through PayPal, whose order is the only thing of the gateway that is stored. A payment is evidence, so it
-- keeps its user alive: setting the reference to null would leave money that belongs to nobody.

CREATE TABLE public.payments (
    id             uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    order_id       varchar(255) NOT NULL UNIQUE,
    -- In whole units of the currency, with up to two decimals.
    amount         numeric(10, 2) NOT NULL,
    currency       varchar(10) NOT NULL DEFAULT 'USD',
    status         varchar(50) NOT NULL DEFAULT 'created',
    description    text,
    payment_method varchar(50) DEFAULT 'paypal',
    metadata       jsonb DEFAULT '{}',
    created_at     timestamptz DEFAULT pg_catalog.now(),
    updated_at     timestamptz DEFAULT pg_catalog.now(),
    completed_at   timestamptz,
    user_id        uuid REFERENCES public.users (id) ON DELETE RESTRICT,
    -- NaN is greater than every number, infinity included, so the upper bound keeps both out.
    CONSTRAINT payments_amount_check CHECK (amount > 0 AND amount < 'Infinity'::numeric),
    -- The currencies of ISO 4217, without the codes for metals, funds and testing. Those that were withdrawn of late
    -- are here too, because payments made in them stay in the books.
    CONSTRAINT payments_currency_check CHECK (currency::text IN (
        'AED', 'AFN', 'ALL', 'AMD', 'ANG', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF',
        'BMD', 'BND', 'BOB', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHF', 'CLP', 'CNY', 'COP', 'CRC',
        'CUC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL',
        'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HRK', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR',
        'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR',
        'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MYR',
        'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR',
        'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SLL', 'SOS', 'SRD', 'SSP',
        'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD',
        'UYU', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG',
        'ZWL')),
    CONSTRAINT payments_status_check CHECK (status::text IN (
        'created', 'pending', 'completed', 'failed', 'partially_refunded', 'refunded')),
    -- A refund does not undo the completion: the money came in, and that is when.
    CONSTRAINT payments_completed_at_check CHECK (
        (completed_at IS NOT NULL) = (status::text IN ('completed', 'partially_refunded', 'refunded'))),
    CONSTRAINT payments_metadata_check CHECK (pg_catalog.jsonb_typeof(metadata) = 'object')
);

-- Orders are found through the index of their key.
CREATE INDEX idx_payments_status ON public.payments (status);
CREATE INDEX idx_payments_user_id ON public.payments (user_id);
CREATE INDEX idx_payments_created_at ON public.payments (created_at DESC);
CREATE INDEX idx_payments_amount ON public.payments (amount);
CREATE INDEX idx_payments_metadata ON public.payments USING gin (metadata);

CREATE TRIGGER update_payments_updated_at
    BEFORE UPDATE ON public.payments
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

ALTER TABLE public.payments ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON TABLE public.payments FROM PUBLIC, anon, authenticated, service_role;
